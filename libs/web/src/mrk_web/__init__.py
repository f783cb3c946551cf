"""Problem details, limits, service credentials and security headers for HTTP roles.

- `mrk_web.problems`: RFC 9457 answers, and every error as one
- `mrk_web.validation`: all wrong fields at once, in the reader's language
- `mrk_web.language`: Bahasa Indonesia or English, from `Accept-Language`
- `mrk_web.bodies`, `mrk_web.overload`, `mrk_web.rate`: limits
- `mrk_web.credentials`: named services that call each other, with their purpose
- `mrk_web.idempotency`: `Idempotency-Key`
- `mrk_web.observe`, `mrk_web.headers`: request metrics and security headers
- `mrk_web.server`: all of these around an app, served by uvicorn with a header time-out
"""
