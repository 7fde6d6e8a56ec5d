"""Matrix: the model of stages and channels with the figures that say how each goes."""
