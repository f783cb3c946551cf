"""Files that are a report's: taken by it, shown to those who may, asked for by other services."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from mrk_intake.domain.attachments import MediaType, Purpose, State
from mrk_intake.store.masters import WrappedKey
from mrk_intake.store.uploads import digest
from mrk_schemas.reports import Kind

_OFFERED: Final = """
select a.id, a.state, a.sha256 from unnest($1::bytea[]) with ordinality as g (token, place)
left join attachment a on a.token = g.token and a.purpose = 'report'
    and a.expires_at > clock_timestamp()
order by g.place
"""
_KNOWN_REQUEST: Final = "select exists (select 1 from idempotency where request = $1)"
_FILES: Final = """
select a.id, a.purpose, a.media_type, a.size, a.width, a.height, a.sha256, a.name, a.object,
    a.thumbnail, a.master_id, a.wrapped_key, c.complaint, r.kind, r.confidential,
    r.restricted_at is not null as restricted
from attachment a join report_attachment c on c.attachment = a.id
    join report r on r.id = c.complaint
where a.state = 'ready'
"""
_BY_NAME: Final = _FILES + " and a.name = $1"
_BY_ID: Final = _FILES + " and a.id = $1"
_OF_REPORT: Final = _FILES + " and c.complaint = $1 order by c.place"
_THUMBNAILS: Final = (
    _FILES
    + """
    and c.complaint = any($1::uuid[]) and a.purpose = 'report' and a.thumbnail is not null
order by c.complaint, c.place
"""
)
_SAME_PROOF: Final = """
select a.id from attachment a join report_attachment c on c.attachment = a.id
where c.complaint = $1 and a.purpose = 'proof' and a.source = $2 and a.state <> 'refused'
order by c.place limit 1
"""
_TAKE_PROOF: Final = """
with marked as (
    update attachment set source = $3, expires_at = null where id = $1 returning id
)
insert into report_attachment (attachment, complaint, place)
select id, $2, (select coalesce(max(place), 0) + 1 from report_attachment where complaint = $2)
from marked
"""
_PROOFS: Final = """
select count(*) from report_attachment c join attachment a on a.id = c.attachment
where c.complaint = $1 and a.purpose = 'proof'
"""


@dataclass(frozen=True, slots=True)
class Offered:
    """An upload that a report names: ready to be taken, or not yet."""

    id: UUID
    state: State
    sha256: bytes | None


@dataclass(frozen=True, slots=True)
class File:
    """A file beside what its report says.

    Attributes:
        name: under which the public may see it; nobody can guess it.
        object: in the store.
        thumbnail: in the store; None of a document.
    """

    id: UUID
    purpose: Purpose
    media_type: MediaType
    size: int
    width: int | None
    height: int | None
    sha256: bytes
    name: str
    object: str
    thumbnail: str | None
    key: WrappedKey
    complaint: UUID
    kind: Kind
    confidential: bool
    restricted: bool = False


async def offered(conn: Any, tokens: Sequence[str]) -> list[Offered | None]:
    """The uploads that tokens prove, in order; None for one that nobody can take."""
    rows = await conn.fetch(_OFFERED, [digest(token) for token in tokens])
    return [
        None if row["id"] is None else Offered(row["id"], State(row["state"]), row["sha256"])
        for row in rows
    ]


async def known_request(conn: Any, request: bytes) -> bool:
    """Whether a report was accepted for this request before (`Keys.request`)."""
    return bool(await conn.fetchval(_KNOWN_REQUEST, request))


async def by_name(conn: Any, name: str) -> File | None:
    """The file of a public name."""
    return _file(await conn.fetchrow(_BY_NAME, name))


async def by_id(conn: Any, attachment: UUID) -> File | None:
    """The file of an id."""
    return _file(await conn.fetchrow(_BY_ID, attachment))


async def of_report(conn: Any, complaint: UUID) -> list[File]:
    """A report's files and the agencies' proofs, in the order in which they came."""
    rows = await conn.fetch(_OF_REPORT, complaint)
    return [found for row in rows if (found := _file(row)) is not None]


async def thumbnails(conn: Any, complaints: Sequence[UUID]) -> list[File]:
    """What reporters sent that has a thumbnail, in the order in which it came to each report."""
    rows = await conn.fetch(_THUMBNAILS, complaints)
    return [found for row in rows if (found := _file(row)) is not None]


async def same_proof(conn: Any, complaint: UUID, source: bytes) -> UUID | None:
    """The proof of a complaint whose bytes came before."""
    found: UUID | None = await conn.fetchval(_SAME_PROOF, complaint, source)
    return found


async def proofs(conn: Any, complaint: UUID) -> int:
    """How many proofs a complaint has."""
    found: int = await conn.fetchval(_PROOFS, complaint)
    return found


async def take_proof(conn: Any, attachment: UUID, complaint: UUID, source: bytes) -> None:
    """Make an upload the proof of a complaint, whose stream is locked.

    Args:
        conn: of the transaction that notes its last piece.
        attachment: the upload.
        complaint: whose.
        source: digest of the bytes as they came.
    """
    await conn.execute(_TAKE_PROOF, attachment, complaint, source)


def _file(row: Any) -> File | None:
    if row is None:
        return None
    return File(
        row["id"],
        Purpose(row["purpose"]),
        MediaType(row["media_type"]),
        row["size"],
        row["width"],
        row["height"],
        row["sha256"],
        row["name"],
        row["object"],
        row["thumbnail"],
        WrappedKey(row["master_id"], row["wrapped_key"]),
        row["complaint"],
        Kind(row["kind"]),
        row["confidential"],
        row["restricted"],
    )
