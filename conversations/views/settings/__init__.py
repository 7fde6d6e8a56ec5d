"""The settings of channels and of what comes in: pages for administrators."""
