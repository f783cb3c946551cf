"""What intake answers over HTTP: the public API and the role `internal`."""
