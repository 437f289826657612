"""`serve`: the production web server."""

import argparse

from earlyhelp.app import create_app
from earlyhelp.cli import opening
from earlyhelp.cli.web_server import address_of, listen, run_until_stopped


def serve(arguments: argparse.Namespace) -> int:
    """Answer the web until stopped. Refuses to start on a broken pathway file or a database that is not ready."""
    settings = opening.settings().with_secret()
    opening.refuse_unready(settings)
    listener = listen(arguments.host, arguments.port)
    address = address_of(listener)
    run_until_stopped(
        lambda: create_app(settings),
        listener=listener,
        workers=arguments.workers,
        when_ready=lambda _server: print(f"Serving on {address}", flush=True),
    )
    return 0
