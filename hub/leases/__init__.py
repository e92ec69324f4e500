"""Which dispatcher is at work and which stands by, written as leases in the database."""
