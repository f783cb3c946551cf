"""E-mail over SMTP."""

from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from typing import Final

import aiosmtplib

from mrk_delivery.work import Done, Outcome, Refused, Retry, Unknown
from mrk_notify.domain.letter import Letter

TIMEOUT_S: Final = 15.0


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

        A refusal by 5xx is final, 4xx and an unreachable server are tried again, and a
        connection that is lost once the text was on its way is unknown: SMTP can't be asked.
        """
        message = self._compose(address, letter, message_id)
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            use_tls=False,
            start_tls=self._server.starttls,
            timeout=TIMEOUT_S,
        )
        try:
            await client.connect()
            if self._server.username is not None and self._server.password is not None:
                await client.login(self._server.username, self._server.password)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            return Retry(f"connect: {type(error).__name__}")
        try:
            await client.mail(self._server.sender)
            await client.rcpt(address)
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            return Retry(f"envelope: {type(error).__name__}")
        return await self._data(client, message)

    async def _data(self, client: aiosmtplib.SMTP, message: EmailMessage) -> Outcome:
        try:
            await client.data(message.as_bytes())
        except aiosmtplib.SMTPResponseException as error:
            client.close()
            return _answered(error.code)
        except (aiosmtplib.SMTPException, OSError) as error:
            client.close()
            return Unknown(f"data: {type(error).__name__}")
        try:
            await client.quit()
        except (aiosmtplib.SMTPException, OSError):
            # the server has taken the message: how the farewell ends changes nothing
            client.close()
        return Done()

    def _compose(self, address: str, letter: Letter, message_id: str) -> EmailMessage:
        message = EmailMessage()
        message["From"] = f"Medan Rumah Kita <{self._server.sender}>"
        message["To"] = address
        message["Subject"] = letter.subject
        message["Message-ID"] = message_id
        message["Date"] = formatdate(usegmt=True)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, charset="utf-8")
        return message


def _answered(code: int) -> Outcome:
    # RFC 5321, 4.2.1: 4yz is transient, 5yz is permanent; the text may quote the address
    if 500 <= code < 600:
        return Refused(f"SMTP {code}")
    return Retry(f"SMTP {code}")
