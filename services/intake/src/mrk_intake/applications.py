"""The applications that roles serve: each of all its parts, with every guard around it."""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import asyncpg
from starlette.routing import Route

from mrk_city import CityPack
from mrk_delivery.clock import Clock
from mrk_intake.domain.attachments import MAX_BYTES, MIB
from mrk_intake.domain.erasure import nothing_left
from mrk_intake.domain.keys import Keys
from mrk_intake.http import openapi
from mrk_intake.http.actions import ReporterActions
from mrk_intake.http.app import (
    PublicApi,
    by_scope,
    either,
    internal_api,
    is_proof,
    is_upload,
    limits,
    proofs_api,
    upload_limits,
    uploads_api,
)
from mrk_intake.http.attachments import Attachments
from mrk_intake.http.beginning import Beginning, Rules
from mrk_intake.http.contact import ContactOf
from mrk_intake.http.drafts import Asked, Drafts
from mrk_intake.http.followers import Follows
from mrk_intake.http.internal import Callers, Internal
from mrk_intake.http.internal_attachments import InternalAttachments
from mrk_intake.http.limits import Rates, ReportLimits, RowLimits
from mrk_intake.http.near import NearLimit
from mrk_intake.http.open311 import app as open311
from mrk_intake.http.open311.reading import Reading
from mrk_intake.http.open311.sending import Sending
from mrk_intake.http.own_data import OwnData
from mrk_intake.http.phones import PhoneLimit
from mrk_intake.http.reports import Reports, Submit
from mrk_intake.http.restriction import Restriction
from mrk_intake.http.status import ReportStatus
from mrk_intake.http.taking import Taking
from mrk_intake.http.uploads import Uploads
from mrk_intake.service import SERVICE
from mrk_intake.settings import (
    HttpSettings,
    InternalSettings,
    ReportingSettings,
    UploadSettings,
    WebSettings,
)
from mrk_intake.staff_settings import StaffSettings
from mrk_intake.storage import open_store
from mrk_intake.store.accept import Draft, Outcome
from mrk_intake.store.actions import Actions
from mrk_intake.store.coalesce import DEADLINE_S, Coalescer
from mrk_intake.store.contacts import Contacts
from mrk_intake.store.followers import Followers
from mrk_intake.store.restrictions import Restrictions
from mrk_telemetry.serving import ASGIApp
from mrk_web.credentials import ServiceCredentials
from mrk_web.headers import SecurityHeaders
from mrk_web.rate import RateLimiter
from mrk_web.server import harden

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    import httpx

    from mrk_intake.http.web.form_files import FormFiles

_SMALL_BODY: Final = 1024


def storing(
    settings: ReportingSettings,
    pack: CityPack,
    write: "Callable[[Sequence[Draft]], Awaitable[Sequence[Outcome]]]",
    deadline_s: float = DEADLINE_S,
) -> Coalescer[Asked, Draft, Outcome]:
    """What stores reports.

    Args:
        write: writes drafts; `Acceptance.write`.
        deadline_s: seconds until a request is given up.
    """
    keys = Keys.derive(settings.tracking_master)
    drafts = Drafts(pack, keys, settings.vault(), settings.public_url)
    return Coalescer(drafts.make, write, deadline_s=deadline_s)


def public_api(  # noqa: PLR0913, PLR0917  # everything that the API stands on
    settings: HttpSettings,
    pack: CityPack,
    pool: asyncpg.Pool,
    clock: Clock,
    submit: Submit,
    left_behind: "Callable[[], None]",
) -> ASGIApp:
    """Role `http`'s application, with every guard around it.

    Args:
        submit: stores a report.
        left_behind: told after an erasure or a correction; `OldRows.left_behind`.
    """
    keys = Keys.derive(settings.tracking_master)
    submit = by_phone(settings, pack, pool, submit)
    allowed = report_limits(settings)
    reports = Reports(
        submit=submit,
        categories=pack.categories,
        clock=clock,
        secrets=keys.secrets,
        limits=allowed,
        near=NearLimit(allowed, keys, pool, settings.challenge_below),
        taking=Taking(pool, keys),
    )
    own = OwnData(
        pool=pool,
        keys=keys,
        vault=settings.vault(),
        clock=clock,
        limits=allowed,
        left_behind=left_behind,
    )
    description = openapi.describe(settings.public_url, pack.city.names["id"], pack.categories)
    more = _open311(settings, pack, pool, clock, submit)
    actions = Actions(pool, SERVICE, keys, settings.vault(), clock, holds=pack.holds)
    acting = ReporterActions(actions, allowed)
    followers = Followers(pool, SERVICE, keys, settings.vault(), clock, left_behind)
    contacts = Contacts(pool, SERVICE, keys, settings.vault(), clock, left_behind=left_behind)
    objects, sealing = open_store(settings)
    app = PublicApi(
        reports=reports,
        status=ReportStatus(pool, keys, settings.public_url),
        own=own,
        actions=acting,
        contact=ContactOf(contacts, allowed),
        restriction=Restriction(Restrictions(pool, SERVICE, clock, keys), allowed),
        follows=Follows(followers, allowed, settings.public_url),
        shows=Attachments(pool, objects, sealing, keys),
        description=description,
        more=more,
    )
    uploads = Uploads(pool, objects, sealing, upload_rules(settings), clock, settings.public_url)
    return either(
        is_upload,
        harden(uploads_api(uploads), upload_limits(MAX_BYTES)),
        harden(app, limits(settings.max_body_bytes)),
    )


def _open311(
    settings: HttpSettings, pack: CityPack, pool: asyncpg.Pool, clock: Clock, submit: Submit
) -> list[Route]:
    reading = Reading(
        pool=pool,
        pack=pack,
        clock=clock,
        base=settings.public_url + open311.PREFIX,
        contact=settings.integrator_contact,
        production=settings.environment == "production",
        limits=RowLimits(
            Rates(settings.read_rows_per_second, settings.read_rows_burst), settings.trusted_proxies
        ),
    )
    keys = RateLimiter(settings.integrator_rate_per_second, settings.integrator_rate_burst)
    sending = Sending(pool=pool, pack=pack, clock=clock, submit=submit, limits=keys)
    # buckets of its own: who reads much still may send a report
    address = Rates(settings.address_rate_per_second, settings.address_rate_burst)
    return open311.routes(
        reading, sending, ReportLimits(address, address, settings.trusted_proxies)
    )


def upload_rules(settings: UploadSettings) -> Rules:
    """What uploads may take."""
    limits = ReportLimits(
        Rates(settings.upload_mib_per_second, settings.upload_mib_burst),
        Rates(settings.address_upload_mib_per_second, settings.address_upload_mib_burst),
        settings.trusted_proxies,
    )
    return Rules(limits, timedelta(hours=settings.upload_hours), settings.upload_room_mib * MIB)


def report_limits(settings: ReportingSettings) -> ReportLimits:
    """How often a device, and an address, may send reports."""
    return ReportLimits(
        Rates(settings.rate_per_second, settings.rate_burst),
        Rates(settings.address_rate_per_second, settings.address_rate_burst),
        settings.trusted_proxies,
    )


def by_phone(
    settings: ReportingSettings, pack: CityPack, pool: asyncpg.Pool, submit: Submit
) -> Submit:
    """`submit`, within the limit of reports that name one phone number."""
    keys = Keys.derive(settings.tracking_master)
    return PhoneLimit(submit, keys, pool, pack.calendar.zone, settings.phone_reports_per_day)


def pages_for_residents(  # noqa: PLR0913, PLR0917  # as `public_api`
    settings: WebSettings,
    pack: CityPack,
    pool: asyncpg.Pool,
    clock: Clock,
    submit: Submit,
    left_behind: "Callable[[], None]" = nothing_left,
) -> ASGIApp:
    """Role `web`'s application, with every guard around it.

    Args:
        submit: stores a report.
        left_behind: told after a correction, and once a follower's contact is destroyed;
            `OldRows.left_behind`.
    """
    # Jinja, Babel and forms with files: no other role's
    from mrk_intake.http.web.app import residents_app  # noqa: PLC0415  # see above
    from mrk_intake.http.web.faults import as_page  # noqa: PLC0415  # see above
    from mrk_intake.http.web.filled import comes_with_files  # noqa: PLC0415  # see above
    from mrk_intake.http.web.form_files import MAX_BYTES_OF_FORM  # noqa: PLC0415  # see above
    from mrk_intake.http.web.gallery import page_proof  # noqa: PLC0415  # see above
    from mrk_intake.http.web.pages import STATIC, Pages, policy  # noqa: PLC0415  # see above
    from mrk_pages.assets import Assets  # noqa: PLC0415  # see above

    pages = Pages(pack, Assets(STATIC))
    submit = by_phone(settings, pack, pool, submit)
    allowed = report_limits(settings)
    keys, (objects, sealing) = Keys.derive(settings.tracking_master), open_store(settings)
    takes, uploads = form_with_files(settings, pool, clock, settings.web_url)
    near = NearLimit(allowed, keys, pool, settings.challenge_below)
    followers = Followers(pool, SERVICE, keys, settings.vault(), clock, left_behind)
    contacts = Contacts(pool, SERVICE, keys, settings.vault(), clock, left_behind=left_behind)
    shows = Attachments(pool, objects, sealing, keys, page_proof)
    app = residents_app(
        settings, pack, pool, clock, submit, followers, contacts, allowed, near, pages, shows,
        takes,
    )  # fmt: skip
    guards = partial(harden, app, policy=policy(settings.map_tiles), answering=as_page(pages))
    return either(
        is_upload,
        harden(uploads_api(uploads), upload_limits(MAX_BYTES)),
        by_scope(
            comes_with_files,
            guards(upload_limits(MAX_BYTES_OF_FORM)),
            guards(limits(settings.max_body_bytes)),
        ),
    )


def form_with_files(
    settings: UploadSettings, pool: asyncpg.Pool, clock: Clock, base: str
) -> "tuple[FormFiles, Uploads]":
    """What reads the report's form, and what takes its files in pieces, by the same rules.

    Args:
        base: address of the pages, where uploads are too.
    """
    from mrk_intake.http.web.form_files import FormFiles  # noqa: PLC0415  # as above

    keys, (objects, sealing) = Keys.derive(settings.tracking_master), open_store(settings)
    rules = upload_rules(settings)
    takes = FormFiles(
        pool=pool,
        objects=objects,
        sealing=sealing,
        keys=keys,
        beginning=Beginning(pool, sealing, rules, clock),
        taking=Taking(pool, keys),
        max_fields_bytes=settings.max_body_bytes,
    )
    return takes, Uploads(pool, objects, sealing, rules, clock, base)


def page_meanwhile(settings: WebSettings, pack: CityPack, *, staff: bool = False) -> ASGIApp:
    """What a role of pages answers until it is ready."""
    from mrk_intake.http.web.app import meanwhile  # noqa: PLC0415  # as above
    from mrk_intake.http.web.pages import STATIC, Pages, policy  # noqa: PLC0415  # as above
    from mrk_pages.assets import Assets  # noqa: PLC0415  # as above

    pages = Pages(pack, Assets(STATIC), staff=staff)
    return SecurityHeaders(meanwhile(pages), policy=policy(settings.map_tiles))


def pages_for_staff(  # noqa: PLR0913, PLR0917  # as `pages_for_residents`, with the provider
    settings: StaffSettings,
    pack: CityPack,
    pool: asyncpg.Pool,
    clock: Clock,
    submit: Submit,
    http: "httpx.AsyncClient",
) -> ASGIApp:
    """Role `staff`'s application, with every guard around it.

    Args:
        submit: stores a report.
        http: asks the login's provider.
    """
    # Jinja, Babel and JOSE: not every role's
    from mrk_intake.http.web.faults import as_page  # noqa: PLC0415  # see above
    from mrk_intake.http.web.filled import comes_with_files  # noqa: PLC0415  # see above
    from mrk_intake.http.web.form_files import MAX_BYTES_OF_FORM  # noqa: PLC0415  # see above
    from mrk_intake.http.web.pages import STATIC, Pages, policy  # noqa: PLC0415  # see above
    from mrk_intake.http.web.staff.app import staff_app  # noqa: PLC0415  # see above
    from mrk_login.oidc import Provider  # noqa: PLC0415  # see above
    from mrk_pages.assets import Assets  # noqa: PLC0415  # see above

    provider = Provider(http, settings.client(settings.staff_url))
    pages = Pages(pack, Assets(STATIC), staff=True)
    submit = by_phone(settings, pack, pool, submit)
    takes, uploads = form_with_files(settings, pool, clock, settings.staff_url)
    app = staff_app(
        settings, pack, pool, clock, submit, report_limits(settings), provider, pages, takes,
        uploads,
    )  # fmt: skip
    # a logout's answer leads to the provider, and browsers hold it against form-action
    scheme, host = urlsplit(settings.oidc_issuer)[:2]
    shown = policy(settings.map_tiles, f"{scheme}://{host}")
    guards = partial(harden, app, policy=shown, answering=as_page(pages))
    return either(
        is_upload,
        harden(app, upload_limits(MAX_BYTES)),
        by_scope(
            comes_with_files,
            guards(upload_limits(MAX_BYTES_OF_FORM)),
            guards(limits(settings.max_body_bytes)),
        ),
    )


def private_api(settings: InternalSettings, pool: asyncpg.Pool) -> ASGIApp:
    """Role `internal`'s application, with every guard around it."""
    credentials = ServiceCredentials.from_json(settings.service_credentials.get_secret_value())
    callers = Callers(credentials)
    shared = InternalAttachments(pool, *open_store(settings), callers, Clock())
    return either(
        is_proof,
        harden(proofs_api(shared), upload_limits(MAX_BYTES)),
        harden(
            internal_api(Internal(pool, settings.vault(), callers), shared), limits(_SMALL_BODY)
        ),
    )
