"""The rows of figures: facts and rollups, all of them derived and rebuildable."""
