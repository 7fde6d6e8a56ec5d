"""The story: who wrote, what was said, who answers."""
