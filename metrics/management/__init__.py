"""What people at a terminal ask of the figures."""
