"""Exchange rates: what the house enters so that money in other currencies counts in its own (R11)."""
