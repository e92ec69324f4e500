"""The delivery ledger: boxes, what they reported, and what that says about every notice."""
