"""Times as the simulators keep them (UTC) and as SP4N-LAPOR! shows them (WIB, no zone)."""

from datetime import UTC, datetime, timedelta, timezone

WIB = timezone(timedelta(hours=7), "WIB")
"""Western Indonesian Time: UTC+7 all year, no daylight saving."""


def utc_now() -> str:
    """The present moment in UTC, ISO 8601 with microseconds; sorts as text."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def wib_without_zone(moment: str) -> str:
    """An ISO 8601 moment as `d-m-Y H:i:s` in WIB, without a zone.

    Source: the format seen in public clients of SP4N-LAPOR! (`created_at` of a follow-up).
    """
    return datetime.fromisoformat(moment).astimezone(WIB).strftime("%d-%m-%Y %H:%M:%S")
