"""The catalogue: what a village has to make public, when, for how long, and in which form."""
