"""The channels people write on: each turns a vendor's words into ours and knows no models."""
