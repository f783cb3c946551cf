"""Logging in at the city's own OpenID Connect provider, and sessions: for every role with pages.

It knows no role and no task: what a person may do is read of the claims by the service that asks.
"""
