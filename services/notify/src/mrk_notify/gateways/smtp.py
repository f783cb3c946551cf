"""E-mail over SMTP."""

from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

import aiosmtplib

from mrk_delivery.work import Done, Outcome, Refused, Retry, Unknown
from mrk_notify.domain.letter import Letter
from mrk_notify.gateways.channel import Deferred

TIMEOUT_S: Final = 8.0
"""For the connection, and for each answer."""


@dataclass(frozen=True, slots=True)
class Server:
    """The mail server that takes our messages."""

    host: str
    port: int
    starttls: bool
    username: str | None
    password: str | None
    sender: str


class Smtp:
    """Sends each message over a connection of its own: no state outlives a failure.

    Args:
        server: where to, and as whom.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    async def send(self, address: str, letter: Letter, message_id: str) -> Outcome:
        """Send one message; what the server's answer means decides what happens next.

        A refusal of the recipient or the text by 5xx is final. 4xx, an unreachable server and one
        that doesn't take us (log-in, our own address) are tried again: a wrong setting must not
        cost messages. A connection that is lost once the text was on its way is unknown: SMTP
        can't be asked.
        """
        try:
            message = self._compose(address, letter, message_id)
        except (MessageError, ValueError, IndexError):  # how the parser says: no address
            return Refused("not an e-mail address")
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=False,
            start_tls=self._server.starttls,
            timeout=TIMEOUT_S,
        )
        try:
            return await self._hand_over(client, address, message)
        finally:
            client.close()  # also when the call is given up; after a farewell it does nothing

    async def _hand_over(self, client: aiosmtplib.SMTP, address: str, message: bytes) -> Outcome:
        try:
            await client.connect()
            if self._server.username is not None and self._server.password is not None:
                await client.login(self._server.username, self._server.password)
            await client.mail(self._server.sender)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Retry(f"connect: {type(error).__name__}")
        try:
            await client.rcpt(address)
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Retry(f"envelope: {type(error).__name__}")
        return await self._data(client, message)

    async def _data(self, client: aiosmtplib.SMTP, message: bytes) -> Outcome:
        try:
            await client.data(message)
        except aiosmtplib.SMTPResponseException as error:
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            return Unknown(f"data: {type(error).__name__}")
        try:
            await client.quit()
        except (aiosmtplib.SMTPException, OSError):
            return Done()  # the server has taken the message: how the farewell ends changes nothing
        return Done()

    def _compose(self, address: str, letter: Letter, message_id: str) -> bytes:
        if not address.isascii():
            raise ValueError("an address beyond ASCII needs SMTPUTF8, which few servers have")
        message = EmailMessage(policy=policy.SMTP)
        message["From"] = f"Medan Rumah Kita <{self._server.sender}>"
        message["To"] = Address(addr_spec=address)
        message["Subject"] = letter.subject
        message["Message-ID"] = message_id
        message["Date"] = formatdate(usegmt=True)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, charset="utf-8", cte="quoted-printable")
        return message.as_bytes()


def _answered(code: int) -> Outcome:
    # RFC 5321, 4.2.1: 4yz is transient, 5yz is permanent; the text may quote the address
    if 500 <= code < 600:
        return Refused(f"SMTP {code}")
    return Deferred(f"SMTP {code}")
