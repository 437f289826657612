"""Feeds of services as they are: faulty, paged, sometimes hostile; read whole or not at all."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from earlyhelp.openreferral import FeedRefused, connecting, read_document
from earlyhelp.openreferral.cleaning import plain_text, web_address
from earlyhelp.openreferral.fetching import Limits, fetch
from tests.casework.feed_server import Feed, a_service, serving


@pytest.fixture
def feed() -> Iterator[Feed]:
    with serving(Feed([a_service(n) for n in range(5)])) as served:
        yield served


def read(*services: Any) -> Any:
    return read_document(json.dumps({"contents": list(services)}))


def test_every_page_is_read(feed: Feed) -> None:
    assert len(fetch(feed.url, private="allowed").services) == 5
    assert [target.rpartition("=")[2] for target in feed.asked[1:]] == ["2", "3"]


def test_a_list_without_details_is_completed_service_by_service(feed: Feed) -> None:
    feed.summaries = "short"
    feed.services[0]["contacts"] = [{"phones": [{"number": "01922 555001"}]}]
    assert fetch(feed.url, private="allowed").services[0].phone == "01922 555001"


def test_details_of_a_service_that_did_not_change_are_not_asked_for_again(feed: Feed) -> None:
    feed.summaries = "short"
    feed.services[0]["last_modified"] = "2026-01-01T00:00:00Z"
    identity = feed.services[0]["id"]
    found = fetch(feed.url, private="allowed", known={identity: "2026-01-01T00:00:00Z"})
    assert f"/services/{identity}" not in feed.asked
    assert identity in found.present


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/x", "http://localhost:1/", "http://[::1]:1/"])
def test_an_address_within_a_network_is_refused(address: str) -> None:
    with pytest.raises(FeedRefused, match="within a network"):
        fetch(address)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "192.168.1.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::a00:1",
        "::10.0.0.1",
        "::ffff:0:10.0.0.1",
        "2002:a00:1::",
        "fec0::1",
        "192.0.0.192",
        "fe80::1%eth0",
        "0.0.0.0",
        "224.0.0.1",
    ],
)
def test_no_address_of_our_own_network_is_public(address: str) -> None:
    assert not connecting.is_public(address)


def test_the_internet_is_public() -> None:
    assert connecting.is_public("8.8.8.8")
    assert connecting.is_public("2606:4700::1111")


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://x/", "gopher://x", "http://u:p@x/", "http://[", "//x"]
)
def test_only_plain_web_addresses_are_read(address: str) -> None:
    with pytest.raises(FeedRefused):
        fetch(address, private="allowed")


def test_a_redirect_into_the_network_is_refused(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address is let through as if it were public; the one it sends on to is not."""
    feed.answers["/services"] = (302, {"Location": "http://localhost:1/inside"}, b"")
    judged = connecting.public_address
    monkeypatch.setattr(
        connecting, "public_address", lambda host, port: host if host == "127.0.0.1" else judged(host, port)
    )
    with pytest.raises(FeedRefused, match="within a network"):
        fetch(feed.url)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((500, {}, b""), "status 500"),
        ((200, {}, b"<html>"), "not JSON"),
        ((200, {}, b'{"error": 1}'), "no list"),
        ((200, {}, b"[" * 100_000), "not JSON"),
        ((200, {}, b"\xff\xfe"), "UTF-8"),
        ((302, {"Location": "/services"}, b""), "sends on"),
    ],
)
def test_what_is_no_feed_is_refused_in_words(feed: Feed, answer: Any, words: str) -> None:
    feed.answers["/services"] = answer
    with pytest.raises(FeedRefused, match=words):
        fetch(feed.url, private="allowed")


def test_a_feed_beyond_the_limits_is_refused_not_cut(feed: Feed) -> None:
    for limits in (Limits(bytes_of_one=100), Limits(pages=2), Limits(seconds=0)):
        with pytest.raises(FeedRefused):
            fetch(feed.url, private="allowed", limits=limits)


def test_a_page_that_fails_makes_the_feed_fail(feed: Feed) -> None:
    feed.services[3] = "broken"
    feed.answers["/services/x"] = (200, {}, b"")
    assert [f.words for f in fetch(feed.url, private="allowed").faults] == ["it is no service"]


def test_faulty_services_are_mended_or_left_out_with_the_reason() -> None:
    found = read(
        a_service(1, name=" "),
        a_service(2, id=None),
        a_service(3, url="www.help.example", email="not one", minimum_age="twelve"),
        a_service(3),
        a_service(4, organization=None, description="<p>Come <b>in</b></p><script>bad()</script>"),
        a_service(5, minimum_age=18, maximum_age=5),
        a_service(6, status="inactive"),
        17,
    )
    assert [s.name for s in found.services] == ["Service 3", "Service 4", "Service 5"]
    assert sum(fault.skipped for fault in found.faults) == 4
    three, four, five = found.services
    assert (three.url, three.email, three.minimum_age) == ("https://www.help.example", "", None)
    assert four.description == "Come in"
    assert (five.minimum_age, five.maximum_age) == (5, 18)
    assert "00000000-0000-0000-0000-000000000006" not in found.present


def test_the_older_shape_is_read_too() -> None:
    found = read(
        {
            "id": "7",
            "name": "Older",
            "organization": {"name": "O"},
            "eligibilitys": [{"minimum_age": 0, "maximum_age": 4, "eligibility": "Residents"}],
            "contacts": [{"phones": [{"number": "01922 1"}]}],
            "service_taxonomys": [{"taxonomy": {"name": "Parenting"}}],
            "service_at_locations": [
                {"location": {"physical_addresses": [{"city": "Walsall", "postal_code": "WS1 1TP"}]}}
            ],
            "regular_schedules": [{"byday": "MO", "opens_at": "09:00:00", "closes_at": "11:00:00"}],
        }
    ).services[0]
    assert (found.maximum_age, found.phone, found.terms) == (4, "01922 1", ("Parenting",))
    assert (found.places, found.eligibility) == (("Walsall, WS1 1TP",), "Residents")
    assert found.opening_times == "Monday 09:00 to 11:00"


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ("a\x00b \N{RIGHT-TO-LEFT OVERRIDE}c", "a b c"),
        ("<ul><li>one<li>two</ul>", "• one\n• two"),
        ("x &amp; y &lt;z&gt;", "x & y <z>"),
        (None, ""),
        ("\ud800", "?"),
    ],
)
def test_text_comes_out_plain(told: Any, text: str) -> None:
    assert plain_text(told) == text


@pytest.mark.parametrize(
    "told", ["javascript:alert(1)", "http://u:p@x.example", "http://[", "nothing", "data:text/html,x"]
)
def test_what_is_no_web_address_is_none(told: str) -> None:
    assert web_address(told) == ""
