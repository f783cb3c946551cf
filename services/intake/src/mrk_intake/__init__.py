"""intake: takes a report, keeps the vault, shows the public timeline."""
