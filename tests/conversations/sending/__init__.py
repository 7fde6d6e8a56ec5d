"""Sending, from the outbox to what came of it."""
