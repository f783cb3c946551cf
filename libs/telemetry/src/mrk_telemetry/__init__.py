"""Logs, metrics, traces and health of every role.

Import the module that you need; this package imports none of them by itself:

- `mrk_telemetry.logs`: JSON lines on stdout
- `mrk_telemetry.metrics`: every metric of the platform, declared in one place
- `mrk_telemetry.health`: liveness by progress, readiness by conditions
- `mrk_telemetry.serving`: an ASGI app under uvicorn without its signal handlers
- `mrk_telemetry.ops`: `/livez`, `/readyz` and `/metrics`
- `mrk_telemetry.traces`: W3C trace context, spans when an OTLP endpoint is configured
- `mrk_telemetry.settings`: settings from variables and files, all errors at once
- `mrk_telemetry.runtime`: the life of a role's process
- `mrk_telemetry.lean`: a library loaded without what no role needs of it
"""
