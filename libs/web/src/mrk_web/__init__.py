"""Problem details, limits, service credentials and security headers for HTTP roles."""
