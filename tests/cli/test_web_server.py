"""How the web server treats connections, without starting one."""

from types import SimpleNamespace
from typing import Any

import pytest

from earlyhelp.cli import web_server
from earlyhelp.cli.web_server import listen, run_until_stopped

PROXIES_KEEP = 60
"""Seconds: nginx, HAProxy and the clouds' balancers, as they come."""


def test_a_silent_connection_is_closed_by_the_proxy_and_never_by_us_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started: dict[str, Any] = {}

    class Noted(web_server.Server):
        def run(self) -> None:
            started.update(keepalive=self.cfg.keepalive, threads=self.cfg.threads)

    monkeypatch.setattr(web_server, "Server", Noted)
    run_until_stopped(lambda: lambda *_: [], listener=listen("127.0.0.1", 0), workers=1)
    assert started["keepalive"] > PROXIES_KEEP
    assert started["threads"] == web_server.THREADS


def test_a_process_gives_memory_back_after_every_hundred_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back = []
    monkeypatch.setattr(web_server, "give_back", lambda: given_back.append(process.nr))
    process = object.__new__(web_server.Process)
    process.tmp = SimpleNamespace(notify=lambda: None)
    for process.nr in (0, 99, 100, 101, 199, 230, 231, 330):
        process.notify()
    assert given_back == [100, 230, 330]


def test_a_process_settles_early_and_then_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[int] = []
    monkeypatch.setattr(web_server, "settle", lambda: settled.append(process.nr))
    process = object.__new__(web_server.Process)
    process.tmp = SimpleNamespace(notify=lambda: None)
    for process.nr in range(0, 1_500, 10):
        process.notify()
    assert settled == [100, 200, 400, 700, 1_000, 1_300]
