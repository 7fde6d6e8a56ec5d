"""Charts: numbers and words in, SVG out; pure functions, colored by the page's style sheet alone."""
