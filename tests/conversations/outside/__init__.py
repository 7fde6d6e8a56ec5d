"""History that comes in from outside."""
