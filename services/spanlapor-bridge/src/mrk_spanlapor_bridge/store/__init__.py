"""The ledger: what the national system knows of each complaint."""
