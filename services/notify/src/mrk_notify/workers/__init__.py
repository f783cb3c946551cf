"""From work rows to the outside."""
