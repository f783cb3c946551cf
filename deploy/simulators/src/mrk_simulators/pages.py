"""What the simulators' web sides share: HTML pages without scripts, a store streamed as JSON."""

import html
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from mrk_simulators.store import GroupCommitStore

_STYLE = (
    "body{font:15px system-ui;margin:1.5rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.35rem;"
    "text-align:left;vertical-align:top}form{margin:.4rem 0}pre{white-space:pre-wrap}"
    "nav a{margin-right:.8rem}"
)


def escape(value: object) -> str:
    """`value` as text that is safe in HTML and in quoted attributes; None is empty."""
    return "" if value is None else html.escape(str(value), quote=True)


def page(title: str, body: str) -> str:
    """A whole page; `title` is plain text, `body` is HTML."""
    return (
        f"<!DOCTYPE html><html lang=id><meta charset=utf-8><title>{escape(title)}</title>"
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{body}</html>"
    )


async def stream_json(
    store: GroupCommitStore, export: Callable[[sqlite3.Connection], Iterator[str]]
) -> StreamingResponse:
    """Answer with the pieces that `export` reads from one snapshot of the store."""
    # A thread of its own for each piece: a store of 100,000 records must not stall requests.
    connection = await run_in_threadpool(store.snapshot)
    pieces = export(connection)

    async def stream() -> AsyncIterator[str]:
        try:
            while (piece := await run_in_threadpool(next, pieces, None)) is not None:
                yield piece
        finally:
            connection.close()

    return StreamingResponse(stream(), media_type="application/json")
