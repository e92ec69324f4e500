"""What hub and box agree on: areas, notices, manifests, alerts, receipts, topics, envelopes.

Imports nothing of ours and nothing heavy; `cryptography` only where keys are used.
Import from the modules: ``from contract.notice import Notice``.
"""
