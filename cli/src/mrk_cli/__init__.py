"""The mrk command."""
