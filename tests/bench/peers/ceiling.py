"""intake's role `http` as deployed, but its batches end in memory: the ceiling of the server."""

from collections.abc import Sequence
from uuid import UUID

from mrk_city import load_pack
from mrk_delivery.clock import Clock
from mrk_delivery.database import closing, open_pool
from mrk_intake.applications import public_api, storing
from mrk_intake.settings import HttpSettings
from mrk_intake.store.accept import Accepted, Draft, OtherBody, Outcome
from mrk_intake.store.old_rows import OldRows
from mrk_telemetry.health import Health
from mrk_telemetry.runtime import Stop, run_role, settle_memory
from mrk_telemetry.settings import load_settings
from mrk_web.server import serve_http, with_ops


class Memory:
    """Answers as `Acceptance` does, by the same rule for repeated keys.

    It keeps bytes alone: objects would make the garbage collector's work grow with the run.
    """

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[bytes, bytes, bytes]] = {}

    async def write(self, drafts: Sequence[Draft]) -> list[Outcome]:
        """Each draft's outcome, in order."""
        return [self._one(draft) for draft in drafts]

    def _one(self, draft: Draft) -> Outcome:
        mine = draft.received.ids.complaint.bytes
        answer = draft.render(draft.received)
        kept = self._kept.setdefault(draft.request, (draft.fingerprint, mine, answer))
        fingerprint, complaint, answer = kept
        if fingerprint != draft.fingerprint:
            return OtherBody()
        return Accepted(UUID(bytes=complaint), answer, replayed=complaint != mine)


async def main(stop: Stop) -> None:
    """Serve until told to end."""
    settings = load_settings(HttpSettings)
    pack = load_pack(settings.city_pack)
    coalescer = storing(settings, pack, Memory().write)
    # only a timeline would use the pool: none is asked for
    health = Health()
    async with closing(await open_pool(settings.dsn, max_size=1)) as pool, coalescer.running():
        left_behind = OldRows(pool).left_behind
        api = public_api(settings, pack, pool, Clock(), coalescer.submit, left_behind)
        app = with_ops(api, health)
        health.condition("server").ok()
        settle_memory()
        async with serve_http(app, settings.listen_host, settings.listen_port):
            await stop.wait()


if __name__ == "__main__":
    run_role(main)
