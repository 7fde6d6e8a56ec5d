"""WhatsApp over Meta's Cloud API: reads its webhooks, sends through its messages endpoint."""
