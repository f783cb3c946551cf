"""Calls to the outside: intake and SP4N-LAPOR!."""
