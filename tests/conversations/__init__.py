"""The story, room by room."""
