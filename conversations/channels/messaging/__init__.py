"""What Instagram and Messenger have in common: one shape of webhook, one way to send, one table of errors."""
