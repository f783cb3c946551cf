"""A real SMTP server that keeps every message, for tests, laptops and staging."""
