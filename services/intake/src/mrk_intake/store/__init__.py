"""intake's own tables: reports, the vault, idempotency keys, timelines, erasures."""
