"""Open311 GeoReport v2: what its words mean here. Pure; `mrk_intake.http.open311` serves it."""
