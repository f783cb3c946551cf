"""Facts in, ledger and work rows out."""
