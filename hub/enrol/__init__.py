"""How new boxes join: one-time tickets, the county's certificate authority, the enrolment door."""
