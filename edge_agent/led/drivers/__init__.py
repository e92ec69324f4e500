"""Panel drivers, one protocol each; found by name through the registry."""
