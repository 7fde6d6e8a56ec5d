"""Goals: what a figure shall be by a day, how it goes, and what the history says about reaching it."""
