"""Effectively-once delivery in order per key: outbox, relay, subscribe, dead letters, work."""
