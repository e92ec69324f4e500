"""``load_catalogue``."""
