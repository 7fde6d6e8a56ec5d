"""What visitors of a site may do, and what they may not."""
