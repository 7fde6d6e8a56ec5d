"""Erasing a person: nothing of them is left anywhere, figures stand, and nobody else notices."""
