"""Integrations: stores and programs connected to a workspace, and what their webhooks tell on its way into history."""
