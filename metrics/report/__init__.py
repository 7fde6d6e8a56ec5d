"""Report: the omnichannel strategy report, as a page and as PDF, from the same blocks."""
