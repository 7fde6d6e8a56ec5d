"""The story for programs."""
