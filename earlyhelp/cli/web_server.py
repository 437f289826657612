"""gunicorn as a library: threads in a few processes, no control socket, an address that is taken before it starts."""

import socket
from collections.abc import Callable, Mapping
from typing import Any

from gunicorn.app.base import BaseApplication

from earlyhelp.cli.refusing import CommandRefused

THREADS = 4
BACKLOG = 512
KEPT_OPEN = 75
"""Seconds for which a silent connection is kept, longer than proxies keep theirs. Who closes first may do so while a
request is on its way, and a browser or a proxy that sent a form does not know then whether it was carried out."""
Application = Callable[..., Any]


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn with our options and nothing from its own configuration files, variables or command line."""

    def __init__(self, make: Callable[[], Application], options: Mapping[str, Any]) -> None:
        self._make, self._options = make, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        """The application, made in each worker process."""
        return self._make()


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there, so that a port in use is told at once; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except (OSError, OverflowError) as fault:
        listener.close()
        reason = getattr(fault, "strerror", None) or str(fault)
        raise CommandRefused(f"cannot listen on {host}:{port} ({reason}): choose another --port") from None
    listener.listen(BACKLOG)
    return listener


def address_of(listener: socket.socket) -> str:
    """The web address under which the socket answers."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run_until_stopped(
    make: Callable[[], Application], *, listener: socket.socket, workers: int, **hooks: Callable[..., Any]
) -> None:
    """Serve until a signal ends it; then finish what is being answered. Leaves the program when done."""
    options = {
        "bind": f"fd://{listener.detach()}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": THREADS,
        "keepalive": KEPT_OPEN,
        "control_socket_disable": True,
        "loglevel": "warning",
        "graceful_timeout": 10,
        "timeout": 60,
        "proc_name": "earlyhelp",
        **hooks,
    }
    Server(make, options).run()
