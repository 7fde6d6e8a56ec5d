"""Digest: letters with figures, sent on a schedule, once a period."""
