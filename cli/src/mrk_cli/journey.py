"""Follows reports on their public timelines and draws them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mrk_cli.samples import Sent

_MEDAN = ZoneInfo("Asia/Jakarta")
_LOOK_S = 0.5
_CALM_S = 3.0
_SHOWN = 60


async def follow(console: Console, intake: str, sent: Sequence[Sent], until: asyncio.Event) -> None:
    """Draw the timelines of these reports, anew whenever they grow, until told to end.

    Args:
        console: where.
        intake: the base address of intake.
        sent: the reports.
        until: set by whoever ends it.
    """
    timelines: dict[str, dict[str, Any]] = {}
    pause = _LOOK_S
    async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
        with Live(table(sent, timelines), console=console, auto_refresh=False) as live:
            while not until.is_set():
                fresh = await _timelines(client, intake, sent)
                grown = {**timelines, **fresh} != timelines
                timelines.update(fresh)
                if grown:
                    live.update(table(sent, timelines), refresh=True)
                # Residents' reports settle within seconds; then an idle stack should stay idle.
                pause = _LOOK_S if grown else min(_CALM_S, pause * 1.2)
                await _either(until, pause)


def table(sent: Sequence[Sent], timelines: Mapping[str, Mapping[str, Any]]) -> Table:
    """One row a report: its number, its text, and what happened to it, as residents read it."""
    drawn = Table(title="Perjalanan laporan · the reports' journey (Ctrl-C ends)", expand=True)
    drawn.add_column("nomor", no_wrap=True, style="bold")
    drawn.add_column("laporan", ratio=2)
    drawn.add_column("perjalanan", ratio=3)
    for report in sent:
        events = timelines.get(report.tracking_number, {}).get("events", [])
        steps = Text("\n").join(Text(_line(event)) for event in events)
        short = report.text[:_SHOWN] + ("…" if len(report.text) > _SHOWN else "")
        drawn.add_row(report.tracking_number, Text(short), steps)
    return drawn


def _line(event: Mapping[str, Any]) -> str:
    at = datetime.fromisoformat(str(event["at"])).astimezone(_MEDAN)
    text = event.get("text")
    words = text.get("id") if isinstance(text, Mapping) else text
    return f"{at:%H:%M:%S} {words or event.get('type', '')}"


async def _timelines(
    client: httpx.AsyncClient, intake: str, sent: Sequence[Sent]
) -> dict[str, dict[str, Any]]:
    answers = await asyncio.gather(
        *(client.get(urljoin(intake, report.status_url)) for report in sent),
        return_exceptions=True,
    )
    # A role that is being started again answers nothing for a moment: its row stays as it was.
    return {
        report.tracking_number: answer.json()
        for report, answer in zip(sent, answers, strict=True)
        if isinstance(answer, httpx.Response) and answer.status_code == httpx.codes.OK
    }


async def _either(event: asyncio.Event, timeout_s: float) -> None:
    waiting = asyncio.create_task(event.wait())
    await asyncio.wait([waiting], timeout=timeout_s)
    waiting.cancel()
