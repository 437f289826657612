"""A publisher's feed on this machine, with whatever faults a test gives it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


def a_service(number: int, **more: Any) -> dict[str, Any]:
    """A whole service of version 3 with nothing wrong in it."""
    return {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "name": f"Service {number}",
        "status": "active",
        "description": "Helps families",
        "organization": {"id": "o", "name": "A charity", "description": "x"},
        "contacts": [],
        **more,
    }


@dataclass
class Feed:
    """What the publisher says, page by page; `answers` replaces the answer of a path."""

    services: list[Any] = field(default_factory=list)
    a_page: int = 2
    summaries: str = ""
    """`short` for a list without details, as version 3 has it."""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, target: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(target)
        parts = urlsplit(target)
        if parts.path in self.answers:
            return self.answers[parts.path]
        if parts.path == "/services":
            return 200, {}, json.dumps(self._page(int(parse_qs(parts.query).get("page", ["1"])[0]))).encode()
        found = [one for one in self.services if parts.path == f"/services/{one['id']}"]
        return (200, {}, json.dumps(found[0]).encode()) if found else (404, {}, b"")

    def _page(self, number: int) -> dict[str, Any]:
        first = (number - 1) * self.a_page
        contents = self.services[first : first + self.a_page]
        if self.summaries == "short":
            contents = [
                {k: v for k, v in one.items() if k not in {"contacts", "attributes"}} for one in contents
            ]
        last = first + self.a_page >= len(self.services)
        return {"page_number": number, "last_page": last, "contents": contents}


@contextmanager
def serving(feed: Feed) -> Iterator[Feed]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = feed.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    feed.url = f"http://127.0.0.1:{server.server_port}/services"
    try:
        yield feed
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
