"""Stores and programs that tell what happened elsewhere: their webhooks become events of the contract, never messages."""
