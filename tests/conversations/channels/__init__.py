"""The channels: what each understands of its vendor, and what leaves for it."""
