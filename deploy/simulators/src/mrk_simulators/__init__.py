"""Simulators of SP4N-LAPOR! and a real local mail server."""
