"""The tree of hubs: joining the hub above, passing on what it signed, counting for it."""
