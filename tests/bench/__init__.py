"""`make bench`: what the engine does in a second and what that costs, on this machine."""
