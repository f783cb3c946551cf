"""Work rows in, calls outside, ledger and facts out."""
