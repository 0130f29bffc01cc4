"""WhatsApp's official Cloud API."""
