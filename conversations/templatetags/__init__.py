"""The story's own template words."""
