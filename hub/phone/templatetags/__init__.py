"""Words for the phone pages' templates."""
