"""The dispatcher: from the outbox to every village, and from every village to the ledger."""
