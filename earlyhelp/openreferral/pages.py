"""A document of a feed: one page of a list, a whole list, or one service."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple

from earlyhelp.openreferral.reading import is_offered, read_service, upstream_id
from earlyhelp.openreferral.services import Feed, FeedFault

LISTS = ("contents", "content", "services", "data", "items")


class FeedRefused(Exception):
    """The feed cannot be read at all; the words say why to the person who asked for it."""


class Page(NamedTuple):
    """The services of one page as they came, and whether it says that more pages follow."""

    items: list[Any]
    more: bool


def parse(content: bytes | str) -> Any:
    """JSON in UTF-8, with or without a byte order mark. FeedRefused when it is none."""
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return json.loads(text)
    except UnicodeDecodeError:
        raise FeedRefused("it is not text in UTF-8") from None
    except (ValueError, RecursionError):
        raise FeedRefused("it is not JSON: is it the address of a web page instead of a feed?") from None


def page_of(document: Any) -> Page:
    """The services in a document, whatever shape of list it is. FeedRefused when it holds none."""
    if isinstance(document, list):
        return Page(document, more=False)
    if not isinstance(document, Mapping):
        raise FeedRefused("it holds no list of services")
    for name in LISTS:
        if isinstance(document.get(name), list):
            return Page(document[name], more=_says_more(document))
    if "id" in document and "name" in document:
        return Page([document], more=False)
    raise FeedRefused("it holds no list of services")


def read_document(content: bytes | str) -> Feed:
    """A whole feed from one file."""
    page = page_of(parse(content))
    feed = read_items(page.items)
    feed.whole = not page.more
    if page.more:
        feed.faults.append(FeedFault("the file", "it is one page of several, so nothing is withdrawn"))
    return feed


def read_items(items: list[Any]) -> Feed:
    """Every service that can be used, once each, with all faults."""
    feed, seen = Feed(), set[str]()
    for position, raw in enumerate(items, start=1):
        place = f"service {position}"
        if not isinstance(raw, Mapping):
            feed.faults.append(FeedFault(place, "it is no service", skipped=True))
            continue
        identity = upstream_id(raw)
        if identity and identity in seen:
            feed.faults.append(
                FeedFault(identity, "it is in the feed twice; the first one counts", skipped=True)
            )
            continue
        seen.add(identity)
        if not is_offered(raw):
            continue
        feed.present.add(identity)
        service, faults = read_service(raw, place)
        feed.faults += faults
        if service is not None:
            feed.services.append(service)
    feed.faults += _same_names(feed)
    return feed


def _same_names(feed: Feed) -> list[FeedFault]:
    counted = Counter((service.name, service.organisation) for service in feed.services)
    return [
        FeedFault(name, f"{times} services have this name")
        for (name, _), times in counted.items()
        if times > 1
    ]


def _says_more(document: Mapping[str, Any]) -> bool:
    if "last_page" in document or "last" in document:
        return document.get("last_page", document.get("last")) is False
    pages, number = (
        _number(document, "total_pages", "totalPages"),
        _number(document, "page_number", "page", "number"),
    )
    return pages is not None and number is not None and number < pages


def _number(document: Mapping[str, Any], *names: str) -> int | None:
    found = next((document[name] for name in names if name in document), None)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
