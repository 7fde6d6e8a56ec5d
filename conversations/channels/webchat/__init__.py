"""The house's own web chat: what visitors of a site write, and what is whispered to their browsers."""
