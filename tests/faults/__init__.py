"""The fault drills: the real parts under load while they are killed, cut and fed poison, judged by one oracle."""
