"""What intake learns from the other services."""
