"""Whatever bytes stand in an address, a page answers as if a browser had written them."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import create_environ

from earlyhelp.web.received import Received

BARE = b"search=\xff&flag=infant\xfe&\xc3=1".decode("latin-1")
"""As servers hand bytes on to an application."""


@pytest.mark.parametrize("address", ["/front-door", "/people", "/kept-work/none", "/nothing-here"])
def test_bare_bytes_in_an_address_are_answered_as_if_they_were_escaped(
    screener: FlaskClient, address: str
) -> None:
    bare = screener.get(address, environ_overrides={"QUERY_STRING": BARE})
    escaped = screener.get(f"{address}?search=%FF&flag=infant%FE&%C3=1")
    assert bare.status_code == escaped.status_code < 500


def test_letters_that_are_sent_as_they_are_stay_those_letters() -> None:
    sent = create_environ(environ_overrides={"QUERY_STRING": "who=Zoë".encode().decode("latin-1")})
    assert Received(sent).args["who"] == "Zoë"


def test_what_a_browser_escaped_stays_as_it_was() -> None:
    sent = create_environ(query_string="search=50%25+of%20all&day=2026-03-10")
    assert Received(sent).query_string == b"search=50%25+of%20all&day=2026-03-10"


def test_who_is_not_signed_in_is_led_back_to_such_an_address_too(app: Flask) -> None:
    answer = app.test_client().get("/front-door", environ_overrides={"QUERY_STRING": BARE})
    assert answer.status_code == 302
    assert answer.location.isascii()
