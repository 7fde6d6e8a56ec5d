"""Who is there, who gets what waits, and who gives it back."""
