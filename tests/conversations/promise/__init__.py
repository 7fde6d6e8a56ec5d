"""Promises, alerts and their settings."""
