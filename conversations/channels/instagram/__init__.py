"""Instagram direct messages, comments and mentions, with Instagram Login or through a Facebook page."""
