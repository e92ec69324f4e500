"""The query screen: search, browse, read aloud, feedback."""
