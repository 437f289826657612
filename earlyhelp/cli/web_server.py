"""gunicorn as a library: threads in a few processes, no control socket, an address that is taken before it starts."""

import gc
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers import gthread

from earlyhelp.cli.memory import give_back, keep_little, settle
from earlyhelp.cli.refusing import CommandRefused

THREADS = 4
BACKLOG = 512
KEPT_OPEN = 75
"""Seconds for which a silent connection is kept, longer than proxies keep theirs. Who closes first may do so while a
request is on its way, and a browser or a proxy that sent a form does not know then whether it was carried out."""
TIDIED = 100
"""Requests after which a process gives back memory that it no longer uses."""
SETTLED = 300
"""Requests after which it settles again, at most: at first more often."""
SOON = (700, 10, 2)
"""When Python looks for garbage among things just made, younger and older: it would be 10 and 10."""
STOPS = {signal.SIGTERM, signal.SIGINT, signal.SIGQUIT}
Application = Callable[..., Any]

# Browsers open connections ahead and say nothing on them. A thread would wait 5 seconds for each, and so would a stop;
# the process's main loop waits for any number of them.
gthread.DEFAULT_WORKER_DATA_TIMEOUT = 0.2


class Process(gthread.ThreadWorker):  # type: ignore[misc]  # gunicorn carries no types
    """One process that answers. It ends because the master says so, and then finishes what it is about.

    gunicorn's own answer to Ctrl-C raises SystemExit wherever the process happens to be, and a second time when the
    master passes it on: in the middle of a lock, or of waiting for the scheduler's jobs. A lock that was torn is waited
    for until somebody kills the process.
    """

    _tidied_at = 0
    _settles_at = TIDIED

    def init_signals(self) -> None:
        super().init_signals()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal tells the master too
        signal.signal(signal.SIGQUIT, self.handle_exit)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def notify(self) -> None:
        """Called on each turn of the process's own loop, once a second at least, perhaps beside an answer.

        Templates and statements are kept from page to page: to look through those took 30 ms of every twentieth large
        page. It settles when twice as many requests have been answered as when it last did, or SETTLED more.
        """
        super().notify()
        if self.nr - self._tidied_at >= TIDIED:
            self._tidied_at = self.nr
            if self.nr >= self._settles_at:
                self._settles_at = self.nr + min(self.nr, SETTLED)
                settle()
            give_back()

    def murder_pending(self) -> None:
        """Connections on which nothing was ever said keep nobody from stopping."""
        if not self.alive:
            for silent in self.pending_conns:
                silent.timeout = 0.0
        super().murder_pending()


class Master(Arbiter):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn's master, but Ctrl-C asks as kindly as SIGTERM. A second one ends everything within two seconds."""

    handle_int = Arbiter.handle_term

    def spawn_worker(self) -> Any:
        """A process between its birth and its `init_signals` still has the master's ears: what it hears there is
        lost. So nothing reaches it until it can listen."""
        with _held(STOPS):
            return super().spawn_worker()


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn carries no types
    """gunicorn with our options and nothing from its own configuration files, variables or command line."""

    def __init__(self, make: Callable[[], Application], options: Mapping[str, Any]) -> None:
        self._make, self._options = make, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Application:
        """The application, made in each worker process.

        What is loaded then stays: to look through all of it again made every twelfth page 80 ms slower. What pages
        leave is looked through the more often: a question's parts hold each other, and 6 MiB of them lay waiting.
        """
        keep_little()
        made = self._make()
        gc.freeze()
        gc.set_threshold(*SOON)
        return made

    def run(self) -> None:
        Master(self).run()


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
        "worker_class": Process,
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


@contextmanager
def _held(signals: set[signal.Signals]) -> Iterator[None]:
    """Signals that come inside are delivered afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
