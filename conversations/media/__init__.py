"""Files: fetched from providers, looked at, kept, handed out; and those that agents send."""
