"""The live board: how the floor stands now, beside the last hour and the same hour a week ago; with names, or on a wall without."""
