"""How the story's rows are read: chainable, by workspace, with time as an argument."""
