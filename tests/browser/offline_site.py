"""A site whose line can be cut: roles `web` and `worker`, with a door before the first."""

import base64
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from conftest import PACK, _listening

PIECE = 65536


class Door:
    """A TCP door before the server: shut, every connection ends at once."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.target: tuple[str, int] | None = None
        self.open = True
        self.on_answer: Callable[[], None] | None = None
        """Called once when the server begins to answer `watched`; the answer is lost."""
        self.watched = b"POST /lapor "
        self._inside: set[socket.socket] = set()
        threading.Thread(target=self._serve, daemon=True).start()

    def shut(self) -> None:
        """Cut every line."""
        self.open = False
        for each in list(self._inside):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self.shut()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._through, args=(client,), daemon=True).start()

    def _through(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            if not self.open or self.target is None:
                return
            with socket.create_connection(self.target) as server:
                self._inside |= {client, server}
                asked = threading.Event()
                back = threading.Thread(
                    target=self._answers, args=(server, client, asked), daemon=True
                )
                back.start()
                while data := client.recv(PIECE):
                    if self.watched in data:
                        asked.set()
                    server.sendall(data)
                server.shutdown(socket.SHUT_WR)
                back.join()
                self._inside -= {client, server}

    def _answers(
        self, server: socket.socket, client: socket.socket, asked: threading.Event
    ) -> None:
        with suppress(OSError):
            while data := server.recv(PIECE):
                if asked.is_set() and self.on_answer is not None:
                    lose, self.on_answer = self.on_answer, None
                    lose()
                    break
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)


class OfflineSite:
    """Roles `web` and `worker` over one database, the first behind a door."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        self.door = Door()
        self._folder = folder
        self._count = 0
        own = {
            "ENVIRONMENT": "test",
            "DATABASE_URL": dsn,
            "LISTEN": "127.0.0.1:0",
            "VAULT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "TRACKING_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "PUBLIC_URL": "https://lapor.example",
            "WEB_URL": "https://lapor.example",
            "CITY_PACK": str(PACK),
            "ATTACHMENTS_URL": (folder / "attachments").as_uri(),
        }
        (folder / "attachments").mkdir()
        self._env = {"PATH": os.environ["PATH"], **{f"MRK_INTAKE_{k}": v for k, v in own.items()}}
        self._worker, _ = self._start("worker")
        self._web: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start role `web`, and lead the door to it."""
        self._web, log = self._start("web")
        host, _, port = _listening(self._web, log).removeprefix("http://").partition(":")
        self.door.target = (host, int(port))

    def kill(self) -> None:
        """End role `web` at once, as a power cut does."""
        assert self._web is not None
        self._web.send_signal(signal.SIGKILL)
        self._web.wait()
        self.door.target = None

    def close(self) -> None:
        self.door.close()
        for each in (self._web, self._worker):
            if each is not None and each.poll() is None:
                each.terminate()
                each.wait(timeout=25)

    def _start(self, role: str) -> tuple["subprocess.Popen[bytes]", Path]:
        self._count += 1
        log = self._folder / f"{role}-{self._count}.log"
        with log.open("wb") as out:
            started: Any = subprocess.Popen(
                [sys.executable, "-m", "mrk_intake", role], env=self._env, stdout=out, stderr=out
            )
        return started, log
