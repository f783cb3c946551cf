"""Contracts of Medan Rumah Kita: events, commands, internal calls, topics."""
