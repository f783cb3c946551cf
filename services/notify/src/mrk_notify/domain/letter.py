"""A message in the reader's language: subject and text."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from mrk_notify.domain.messages import Notice
from mrk_schemas.reports import Locale

_WIB: Final = timezone(timedelta(hours=7), "WIB")
_ID: Final = (
    *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
    *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
)
_EN: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTHS: Final = {Locale.ID: _ID, Locale.EN: _EN}


@dataclass(frozen=True, slots=True)
class Letter:
    """What is sent. `text` may hold the reporter's name: it is never stored or logged."""

    subject: str
    text: str


def message_id(about: str, sender: str) -> str:
    """The stable Message-ID of the message about one fact: a repeat can be told from it."""
    local = sha256(about.encode()).hexdigest()[:32]
    return f"<{local}@{sender.rpartition('@')[2]}>"


def day(at: datetime, locale: Locale) -> str:
    """A date and time in Medan's zone (WIB, UTC+7 all year), in the reader's language."""
    local = at.astimezone(_WIB)
    hour = f"{local:%H.%M}" if locale is Locale.ID else f"{local:%H:%M}"
    return f"{local.day} {_MONTHS[locale][local.month - 1]} {local.year}, {hour} WIB"


class Letters:
    """The templates: ``templates/<locale>/<message>.txt``, the subject in the first line."""

    def __init__(self, web_url: str) -> None:
        self._url = web_url.rstrip("/")
        self._environment = Environment(
            loader=PackageLoader("mrk_notify", "templates"),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701  # plain text, no markup
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def write(self, notice: Notice, name: str | None, secret: str | None = None) -> Letter:
        """The message for this notice.

        Args:
            name: how the reporter is greeted, unless anonymous; None greets without a name.
            secret: a follower's, which their link carries in its fragment.

        Raises:
            jinja2.TemplateError: the template is missing or names what is not there.
        """
        template = self._environment.get_template(
            f"{notice.locale.value}/{notice.message.value}.txt"
        )
        status_url = f"{self._url}/laporan/{notice.tracking_number}"
        text = template.render(
            name=None if notice.anonymous else name,
            tracking_number=notice.tracking_number,
            status_url=status_url,
            follow_url=f"{status_url}/ikut" + (f"#{secret}" if secret else ""),
            agency=notice.agency,
            due=day(notice.due_at, notice.locale) if notice.due_at else None,
            why=f" ({notice.derivation})" if notice.derivation else "",
            note=notice.note,
            level=notice.level,
            received=day(notice.received_at, notice.locale),
        )
        subject, _, rest = text.partition("\n")
        return Letter(subject.strip(), rest.lstrip("\n"))
