"""Bots: programs that are told by signed webhook what customers say, and answer until a person does."""
