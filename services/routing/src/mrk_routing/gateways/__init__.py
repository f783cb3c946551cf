"""Calls of routing to others."""
