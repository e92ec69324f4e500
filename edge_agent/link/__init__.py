"""The network: the only part of a box that talks to the outside."""
