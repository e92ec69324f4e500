"""The desk page: a village on a developer's desk, with switches that break things."""
