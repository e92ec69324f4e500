"""What the village will see and hear, drawn by the box's own code, before anything is sent."""
