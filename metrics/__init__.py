"""What the story tells: facts, rollups and figures, derived from history and nothing else."""
