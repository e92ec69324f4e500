"""The pages of the back office that Wagtail does not have."""
