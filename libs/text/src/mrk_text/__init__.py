"""Masking of personal data in free text."""
