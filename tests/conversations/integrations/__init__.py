"""Integrations: what stores and files tell."""
