"""The figures, from the pure function to the page."""
