"""Calls outside."""
