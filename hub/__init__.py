"""The county's desk: a Wagtail project, its broker, and the dispatcher between them."""
