"""Passkeys from end to end: added, asked for, taken away; and answers that are not what they seem."""

from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient

from tests.web.device import PRESENT, Device
from tests.web.quick_site import site as numbered_site
from tests.web.watched_site import PASSWORD, Site

__all__ = ["numbered_site"]
ADD, MAKE, ASK = "/account/passkeys/add", "/account/passkeys/make", "/sign-in/passkey"


@pytest.fixture
def site(numbered_site: Site) -> Site:
    """The same at an address that has a name."""
    services = numbered_site.app.extensions["earlyhelp"]
    settings = replace(services.settings, base_url="http://localhost")
    numbered_site.app.extensions["earlyhelp"] = replace(services, settings=settings)
    return numbered_site


def make(client: FlaskClient, device: Device) -> str:
    """Where adding this device's passkey leads to, or the page with recovery codes."""
    client.post(ADD, data={"name": "Work laptop", "password": PASSWORD})
    options = unescape(client.get(MAKE).text.partition('data-options="')[2].partition('"')[0])
    answer = client.post(MAKE, data={"credential": device.made(options)})
    return answer.headers.get("Location") or answer.text


def options_for(client: FlaskClient) -> str:
    return str(client.get(ASK).json["options"])  # type: ignore[index]


def enters(site: Site, device: Device) -> bool:
    client = site.app.test_client()
    site.now += timedelta(minutes=1)
    client.post(ASK, data={"credential": device.answered(options_for(client))})
    return client.get("/my-cases").status_code == 200


@pytest.fixture
def device(site: Site) -> Device:
    device = Device()
    assert "Your recovery codes" in make(site.signed_in("lead"), device)
    return device


def test_a_passkey_lets_in_and_on_to_the_page_that_was_wanted(site: Site, device: Device) -> None:
    client = site.app.test_client()
    given = {"credential": device.answered(options_for(client))}
    assert client.post(f"{ASK}?next=/my-calendar", data=given).headers["Location"] == "/my-calendar"
    page = client.get("/account/sessions").text
    assert "Signed in with a passkey" in page
    assert "Passkey added" in page


def test_the_password_alone_does_not_let_in_any_more_and_a_recovery_code_helps(site: Site) -> None:
    codes = make(site.signed_in("lead"), Device()).split('<code class="app-code">')[1:]
    client = site.app.test_client()
    form = {"email": "lead@council.example", "password": PASSWORD}
    assert client.post("/sign-in", data=form).headers["Location"] == "/sign-in/code"
    assert "Sign in with a passkey" in client.get("/sign-in/code").text
    code = codes[0].partition("</code>")[0]
    assert client.post("/sign-in/code", data={"code": code}).headers["Location"] == "/"


def test_an_answer_lets_in_once_even_with_the_cookie_of_before(site: Site, device: Device) -> None:
    client, thief = site.app.test_client(), site.app.test_client()
    given = {"credential": device.answered(options_for(client))}
    cookie = client.get_cookie("earlyhelp")
    assert cookie is not None
    assert client.post(ASK, data=given).headers["Location"] == "/"
    thief.set_cookie("earlyhelp", cookie.value)
    assert "/sign-in" in thief.post(ASK, data=given).headers["Location"]
    assert thief.get("/my-cases").status_code == 302


def test_nothing_but_the_device_itself_with_its_owner_lets_in(site: Site, device: Device) -> None:
    assert not enters(site, Device())
    assert not enters(site, replace(device, origin="http://elsewhere.example"))
    assert not enters(site, replace(device, name=b"another"))
    assert not enters(site, replace(device, flags=PRESENT))
    assert enters(site, device)


def test_a_challenge_ends_after_ten_minutes(site: Site, device: Device) -> None:
    client = site.app.test_client()
    given = {"credential": device.answered(options_for(client))}
    site.now += timedelta(minutes=11)
    assert "/sign-in" in client.post(ASK, data=given).headers["Location"]


def test_what_is_no_answer_is_refused_in_words(site: Site) -> None:
    client = site.signed_in("lead")
    for rubbish in ("", "\x00", "[]", "{}", "9" * 100_000, '{"id":{},"rawId":[],"response":7}', "[" * 90_000):
        client.post(ADD, data={"name": "Laptop", "password": PASSWORD})
        client.get(MAKE)
        assert client.post(MAKE, data={"credential": rubbish}).headers["Location"] == MAKE
        stranger = site.app.test_client()
        stranger.get(ASK)
        assert stranger.post(ASK, data={"credential": rubbish}).headers["Location"] == "/sign-in"
    assert "Add a passkey" in client.get("/account/security").text


def test_adding_and_removing_need_the_password(site: Site, device: Device) -> None:
    client = site.app.test_client()
    client.post(ASK, data={"credential": device.answered(options_for(client))})
    assert client.post(ADD, data={"name": "x", "password": "wrong"}).status_code == 422
    assert client.post(ADD, data={"name": "", "password": PASSWORD}).status_code == 422
    assert client.get(MAKE).headers["Location"] == ADD
    address = "/account/passkeys/1/remove"
    assert client.post(address, data={"password": "wrong"}).status_code == 422
    assert site.signed_in("manager").get(address).status_code == 404
    assert client.post(address, data={"password": PASSWORD}).status_code == 302
    assert not enters(site, device)
    assert site.signed_in("lead").get("/my-cases").status_code == 200


def test_an_administrator_takes_lost_passkeys_away(site: Site, device: Device) -> None:
    administrator = site.signed_in("administrator")
    page = f"/administration/signing-in/{site.council['lead'].id}"
    assert "1 passkey" in administrator.get(page).text
    administrator.post(f"{page}/reset-second-factor")
    assert not enters(site, device)


def test_at_an_address_of_bare_numbers_none_are_offered(numbered_site: Site) -> None:
    client = numbered_site.signed_in("lead")
    assert "passkey" not in numbered_site.app.test_client().get("/sign-in").text
    assert "passkey" not in client.get("/account/security").text
    assert client.get(ADD).status_code == 404


def test_a_colleague_at_the_same_address_does_not_lock_a_known_browser_out(site: Site) -> None:
    owner = site.signed_in("lead")
    owner.post("/sign-out")
    wrong = {"email": "lead@council.example", "password": "not the password"}
    colleague = site.app.test_client()
    assert [colleague.post("/sign-in", data=wrong).status_code for _ in range(11)] == [401] * 10 + [429]
    assert owner.post("/sign-in", data=wrong | {"password": PASSWORD}).status_code == 302
    assert "A browser used before" not in owner.get("/account/sessions").text


def test_a_known_browser_is_counted_by_itself(site: Site) -> None:
    owner = site.signed_in("lead")
    owner.post("/sign-out")
    wrong = {"email": "lead@council.example", "password": "not the password"}
    assert [owner.post("/sign-in", data=wrong).status_code for _ in range(11)] == [401] * 10 + [429]
    assert "A browser used before" in site.signed_in("lead").get("/account/sessions").text
