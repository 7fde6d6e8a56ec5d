"""The story's pages: thin views that read, and compose rooms where something is done."""
