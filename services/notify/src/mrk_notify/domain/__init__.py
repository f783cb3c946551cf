"""Decisions: pure, without clock, network or log."""
