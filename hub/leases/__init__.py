"""Which dispatcher worker serves which county, written as leases in the database."""
