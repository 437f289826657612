"""Reading a feed from its address, page by page, within limits of size, number and time."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import requests

from earlyhelp.openreferral.connecting import NotPublic, plain_session, public_session
from earlyhelp.openreferral.pages import FeedRefused, Page, page_of, parse, read_items
from earlyhelp.openreferral.reading import upstream_id
from earlyhelp.openreferral.services import Feed

DETAILS = (
    "contacts",
    "service_at_locations",
    "schedules",
    "attributes",
    "service_taxonomys",
    "phones",
    "locations",
)
"""Parts that the list of a version 3 feed leaves out: where none is there, each service is asked for by itself."""
MOST_REDIRECTS = 3


class Limits(NamedTuple):
    """How much of a feed is read. A feed beyond them is refused, not cut."""

    pages: int = 400
    services: int = 20_000
    bytes_in_all: int = 200_000_000
    bytes_of_one: int = 20_000_000
    seconds: float = 900
    seconds_to_answer: float = 20


@dataclass
class _Reader:
    """One reading: what was used of its limits."""

    session: requests.Session
    limits: Limits
    ends: float
    read: int = 0
    asked: int = field(default=0)

    def document(self, address: str) -> Any:
        return parse(self._content(address))

    def _content(self, address: str) -> bytes:
        for _ in range(MOST_REDIRECTS + 1):
            _refuse_other_schemes(address)
            with self._get(address) as answer:
                onward = answer.headers.get("Location") if answer.is_redirect else None
                if onward is None:
                    return self._body(answer)
            going = urljoin(address, onward)
            if address.startswith("https:") and not going.startswith("https:"):
                raise FeedRefused("it sends on to an address that is not encrypted")
            address = going
        raise FeedRefused(f"it sends on more than {MOST_REDIRECTS} times")

    def _get(self, address: str) -> requests.Response:
        self._within_time()
        wait = self.limits.seconds_to_answer
        try:
            return self.session.get(address, timeout=(wait, wait), stream=True, allow_redirects=False)
        except NotPublic:
            raise FeedRefused(_PRIVATE) from None
        except requests.RequestException as fault:
            raise FeedRefused(_words(fault)) from None
        except (UnicodeError, ValueError):
            raise FeedRefused("its address cannot be read") from None

    def _body(self, answer: requests.Response) -> bytes:
        if answer.status_code != 200:
            raise FeedRefused(f"it answers with status {answer.status_code}")
        parts, size = [], 0
        try:
            for part in answer.iter_content(65_536):
                size += len(part)
                self.read += len(part)
                self._within_time()
                if size > self.limits.bytes_of_one or self.read > self.limits.bytes_in_all:
                    raise FeedRefused("it is larger than an import may be")
                parts.append(part)
        except requests.RequestException as fault:
            raise FeedRefused(_words(fault)) from None
        return b"".join(parts)

    def _within_time(self) -> None:
        if time.monotonic() > self.ends:
            raise FeedRefused(f"it was not read within {self.limits.seconds:.0f} seconds")


_PRIVATE = "it is an address within a network: EARLYHELP_DIRECTORY_PRIVATE must allow that"


def fetch(
    address: str,
    *,
    private: str = "refused",
    limits: Limits | None = None,
    known: Mapping[str, str] | None = None,
) -> Feed:
    """The whole feed at an address. FeedRefused if any part of it cannot be read: a feed is whole or not at all.

    `private` is "refused" or "allowed": whether the address may lie within our own network. `known` says when the
    services we have were modified; the details of one that says the same are not asked for again.
    """
    of = limits or Limits()
    with public_session() if private == "refused" else plain_session() as session:
        reader = _Reader(session, of, time.monotonic() + of.seconds)
        items = _all_pages(reader, address)
        unchanged = _add_details(reader, address, items, known or {})
    feed = read_items([item for item in items if upstream_id(item) not in unchanged])
    feed.present |= unchanged
    return feed


def _all_pages(reader: _Reader, address: str) -> list[Any]:
    first = page_of(reader.document(address))
    items, page, number = list(first.items), first, 1
    while page.more:
        number += 1
        if number > reader.limits.pages or len(items) > reader.limits.services:
            raise FeedRefused(
                f"it has more than {reader.limits.pages} pages or {reader.limits.services} services"
            )
        page = _next_page(reader, address, number)
        if not page.items:
            break
        if page.items == first.items:
            raise FeedRefused("each of its pages is the same: it does not listen to `page`")
        items += page.items
    return items


def _next_page(reader: _Reader, address: str, number: int) -> Page:
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != "page"]
    query = urlencode([*kept, ("page", str(number))])
    return page_of(reader.document(urlunsplit(parts._replace(query=query))))


def _add_details(reader: _Reader, address: str, items: list[Any], known: Mapping[str, str]) -> set[str]:
    """Replace each short entry by the whole service. Ids of those that we have as they are now come back."""
    unchanged: set[str] = set()
    for position, item in enumerate(items):
        identity = upstream_id(item)
        if not isinstance(item, Mapping) or not identity or any(part in item for part in DETAILS):
            continue
        modified = item.get("last_modified")
        if modified and known.get(identity) == modified:
            unchanged.add(identity)
            continue
        parts = urlsplit(address)
        one = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{_in_path(identity)}", query=""))
        items[position] = _whole(reader, one, item)
    return unchanged


def _whole(reader: _Reader, address: str, short: Mapping[str, Any]) -> Mapping[str, Any]:
    """The service by itself; the short entry where the feed has no such page."""
    try:
        found = reader.document(address)
    except FeedRefused as refused:
        if "status 404" in str(refused):
            return short
        raise
    same = isinstance(found, Mapping) and upstream_id(found) == upstream_id(short)
    return {**short, **found} if same else short


def _in_path(identity: str) -> str:
    return urlencode({"": identity})[1:]


def _refuse_other_schemes(address: str) -> None:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise FeedRefused("its address cannot be read") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise FeedRefused("its address must begin with http:// or https://")
    if parts.username or parts.password:
        raise FeedRefused("its address must not hold a name or password")


def _words(fault: requests.RequestException) -> str:
    if isinstance(fault, requests.Timeout):
        return "it does not answer in time"
    if isinstance(fault, requests.exceptions.SSLError):
        return "its certificate cannot be trusted"
    if "NotPublic" in repr(fault):
        return _PRIVATE
    return "it cannot be reached"
