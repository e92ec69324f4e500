"""The sample county on a desk: two villages, and the story that proves the whole path."""
