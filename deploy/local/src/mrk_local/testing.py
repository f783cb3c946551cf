"""What the test fixtures hand out; importable, so that tests can name the types."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from mrk_local.postgres import PostgresServer

_ROLE = "mrk_test"


@dataclass(frozen=True)
class Kafka:
    """The run's broker."""

    bootstrap: str
    log_dir: Path


@dataclass
class Databases:
    """Makes fresh databases on the run's server; a prepared one is copied, not prepared again."""

    server: PostgresServer
    worker: str
    _templates: dict[str, str] = field(default_factory=dict)
    _made: list[str] = field(default_factory=list)

    async def fresh(
        self,
        template: str | None = None,
        prepare: Callable[[str], Awaitable[None]] | None = None,
        *,
        role: str | None = None,
    ) -> str:
        """The address of a new database.

        Args:
            template: a name for what `prepare` makes ("intake"); None is an empty database.
            prepare: given the address of the template, once per worker: migrates it. It closes
                its connections.
            role: the owner; None is one of this worker's own, so that two never make it at once.

        Raises:
            ValueError: a template that was not prepared yet, without `prepare`.
        """
        role = role or f"{_ROLE}_{self.worker}"
        source = None
        if template is not None:
            source = self._templates.get(template)
            if source is None:
                if prepare is None:
                    raise ValueError(f"template {template!r} is new here: give prepare")
                source = f"template_{self.worker}_{template}_{secrets.token_hex(3)}"
                await prepare(await self.server.create_database(source, role))
                self._templates[template] = source
        name = f"test_{self.worker}_{secrets.token_hex(5)}"
        dsn = await self.server.create_database(name, role, template=source)
        self._made.append(name)
        return dsn

    async def drop_made(self) -> None:
        """Drop what `fresh` made since the last call; templates stay."""
        while self._made:
            await self.server.drop_database(self._made.pop())
