"""The technician's bench: tickets, enrolment, media, self-test."""
