"""`demo`: a fictional council, ready to click. Web and scheduler together, on this machine only."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from flask import Flask, url_for

from earlyhelp.app import create_app
from earlyhelp.cli import opening
from earlyhelp.cli.demo_data import PASSWORD, demo_database, keep_or_make
from earlyhelp.cli.web_server import address_of, listen, run_until_stopped
from earlyhelp.permissions import person_by_email
from earlyhelp.records.database import connect, reading
from earlyhelp.scheduler import start_background
from earlyhelp.settings import Settings, kept_secret
from earlyhelp.simulation import shown_sign_ins
from earlyhelp.web.templating import start_of

HOST = "127.0.0.1"
NO_PAGE = "(its system uses the API)"


def demo(arguments: argparse.Namespace) -> int:
    """Make the data if there are none, say how to sign in, and serve until stopped."""
    listener = listen(HOST, arguments.port)
    address = address_of(listener)
    settings = _settings(address)
    keep_or_make(settings, fresh=arguments.fresh, contacts=arguments.contacts, now=opening.now())
    app, scheduler = create_app(settings), SchedulerBeside(settings)
    print(_how_to_sign_in(app, settings, address), flush=True)
    run_until_stopped(
        lambda: app,
        listener=listener,
        workers=1,
        when_ready=lambda _server: print(f"\nReady at {address} (Ctrl-C stops it)", flush=True),
        post_worker_init=scheduler.start,
        worker_exit=scheduler.stop,
    )
    return 0


class SchedulerBeside:
    """The scheduler in threads of the one web process: it begins and ends with it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._end: Callable[[], None] | None = None

    def start(self, _worker: Any) -> None:
        self._end = start_background(self._settings)

    def stop(self, _server: Any, _worker: Any) -> None:
        if self._end is not None:
            self._end()


def _settings(address: str) -> Settings:
    """The environment's settings, but for what a demo must have of its own."""
    given = opening.settings()
    return replace(
        demo_database(given),
        secret_key=given.secret_key or kept_secret(given.instance_path),
        base_url=address,
        secure_cookies=False,
        messages="none",
        demo=True,
    )


def _how_to_sign_in(app: Flask, settings: Settings, address: str) -> str:
    rows = [("Role", "Email address", "Password", "Opens"), *_sign_ins(app, settings, address)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(words.ljust(width) for words, width in zip(row, widths, strict=True)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(["", *(line.rstrip() for line in lines)])


def _sign_ins(app: Flask, settings: Settings, address: str) -> Iterator[tuple[str, str, str, str]]:
    engine = connect(settings.database_url)
    with reading(engine) as connection, app.test_request_context(base_url=address):
        for role, email in shown_sign_ins():
            person = person_by_email(connection, email=email)
            opens = start_of(person) if person else None
            yield role, email, PASSWORD, url_for(opens) if opens else NO_PAGE
    engine.dispose()
