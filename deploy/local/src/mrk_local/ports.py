"""TCP ports on 127.0.0.1: find a free one, and say who holds a taken one."""

import contextlib
import socket

import psutil

from mrk_local.errors import LocalError

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """`count` different ports on 127.0.0.1 that nobody listens on now.

    All of them are held together while choosing, so that they differ. Another process may take
    one before it is used; whoever binds it then calls `require_free` and reports that.
    """
    with contextlib.ExitStack() as held:
        ports = []
        for _ in range(count):
            probe = held.enter_context(socket.socket())
            probe.bind((LOOPBACK, 0))
            ports.append(int(probe.getsockname()[1]))
        return ports


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on now (see `free_ports`)."""
    return free_ports(1)[0]


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of 127.0.0.1 now."""
    with socket.socket() as probe:
        # As servers do: sockets of an earlier server in TIME_WAIT don't count as taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def require_free(port: int, purpose: str) -> None:
    """Raise unless this port is free.

    Args:
        port: the port on 127.0.0.1.
        purpose: who wants it, for the message ("Kafka").

    Raises:
        LocalError: the port is taken; names the holder where the system tells.
    """
    if not is_free(port):
        raise LocalError(
            f"port {port} on {LOOPBACK}, wanted for {purpose}, is taken{_holder(port)}",
            "stop that process, or choose other ports (mrk up --port-base N)",
        )


def _holder(port: int) -> str:
    try:
        connections = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:  # macOS tells only the superuser
        return ""
    for connection in connections:
        if connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,):
            with contextlib.suppress(psutil.Error):
                if connection.pid is not None:
                    name = psutil.Process(connection.pid).name()
                    return f" by process {connection.pid} ({name})"
    return ""
