"""SQLite for Django, with turns: whoever waits for the write lock is next."""
