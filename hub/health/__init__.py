"""What monitoring asks of the hub: is it well, and its figures. No names, no texts."""
