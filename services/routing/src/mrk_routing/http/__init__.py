"""What routing shows over HTTP: read-only, no personal data."""
