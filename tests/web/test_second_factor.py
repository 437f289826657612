"""The second factor from end to end: set up, asked for, lost, required, reset."""

from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from earlyhelp.records.database import reading
from earlyhelp.records.sign_in import RecoveryCode, SecondFactor
from earlyhelp.web.services import EXTENSION
from tests.web.quick_site import site
from tests.web.watched_site import PASSWORD, Site

STEP = timedelta(seconds=30)


__all__ = ["site"]


def secret_on(page: str) -> str:
    return page.partition('app-code">')[2].partition("</p>")[0].replace(" ", "")


def codes_on(page: str) -> list[str]:
    return [part.partition("</code>")[0] for part in page.split('<code class="app-code">')[1:]]


def enrolled(site: Site, who: str = "lead") -> tuple[FlaskClient, str, list[str]]:
    client = site.signed_in(who)
    client.post("/account/second-factor/begin")
    secret = secret_on(client.get("/account/second-factor").text)
    code = pyotp.TOTP(secret).at(site.now)
    page = client.post("/account/second-factor", data={"code": code})
    return client, secret, codes_on(page.text)


def after_the_password(site: Site, who: str = "lead", address: str = "/sign-in") -> FlaskClient:
    client = site.app.test_client()
    answer = client.post(address, data={"email": f"{who}@council.example", "password": PASSWORD})
    assert answer.headers["Location"] == "/sign-in/code"
    return client


def give(client: FlaskClient, code: str) -> int:
    return client.post("/sign-in/code", data={"code": code}).status_code


def test_a_code_of_the_app_is_asked_for_after_the_password(site: Site) -> None:
    _, secret, codes = enrolled(site)
    assert len(set(codes)) == 10
    site.now += STEP
    client = after_the_password(site, address="/sign-in?next=/my-calendar")
    assert client.get("/my-cases").status_code == 302
    answer = client.post("/sign-in/code", data={"code": pyotp.TOTP(secret).at(site.now)})
    assert answer.headers["Location"] == "/my-calendar"
    assert client.get("/my-cases").status_code == 200


def test_no_code_is_taken_twice_nor_the_one_of_setting_up(site: Site) -> None:
    _, secret, _ = enrolled(site)
    assert give(after_the_password(site), pyotp.TOTP(secret).at(site.now)) == 401
    site.now += STEP
    code = pyotp.TOTP(secret).at(site.now)
    assert give(after_the_password(site), code) == 302
    assert give(after_the_password(site), code) == 401


def test_a_recovery_code_lets_in_once(site: Site) -> None:
    _, _, codes = enrolled(site)
    assert give(after_the_password(site), codes[3].upper().replace("-", " ")) == 302
    assert give(after_the_password(site), codes[3]) == 401
    assert give(after_the_password(site), "") == 401


def test_guessing_codes_ends_after_ten_and_waiting_helps(site: Site) -> None:
    _, secret, _ = enrolled(site)
    client = after_the_password(site)
    site.now += STEP
    wrong = f"{(int(pyotp.TOTP(secret).at(site.now)) + 1) % 10**6:06d}"
    assert [give(client, wrong) for _ in range(10)] == [401] * 10
    assert give(client, pyotp.TOTP(secret).at(site.now)) == 429
    site.now += timedelta(minutes=16)
    assert give(after_the_password(site), pyotp.TOTP(secret).at(site.now)) == 302


def test_who_gave_the_password_is_nobody_after_ten_minutes(site: Site) -> None:
    _, secret, _ = enrolled(site)
    client = after_the_password(site)
    site.now += timedelta(minutes=11)
    answer = client.post("/sign-in/code", data={"code": pyotp.TOTP(secret).at(site.now)})
    assert answer.headers["Location"] == "/sign-in"
    assert client.get("/my-cases").status_code == 302


@pytest.mark.parametrize("code", ["", "12345", "１２３４５６", "12345\x00", "9" * 100_000, "<script>"])
def test_what_is_no_code_is_refused(site: Site, code: str) -> None:
    client = site.signed_in("lead")
    client.post("/account/second-factor/begin")
    answer = client.post("/account/second-factor", data={"code": code})
    assert answer.status_code == 422
    assert "This is not the code" in answer.text
    assert "<script>" not in answer.text.partition("<main")[2]
    assert site.signed_in("lead").get("/my-cases").status_code == 200


def test_neither_the_secret_nor_a_code_lies_in_the_database_in_clear(site: Site) -> None:
    _, secret, codes = enrolled(site)
    with reading(site.engine) as connection:
        sealed = connection.scalars(select(SecondFactor.sealed_secret)).one()
        hashes = set(connection.scalars(select(RecoveryCode.code_hash)))
    assert secret not in sealed
    assert not hashes & set(codes)


def test_the_picture_obeys_the_policy_on_styles(site: Site) -> None:
    client = site.signed_in("lead")
    client.post("/account/second-factor/begin")
    page = client.get("/account/second-factor").text
    assert "<svg" in page
    assert "style=" not in page


def requiring(site: Site, *roles: str) -> None:
    services = site.app.extensions[EXTENSION]
    settings = replace(services.settings, second_factor_roles=roles)
    site.app.extensions[EXTENSION] = replace(services, settings=settings)


def test_whose_role_needs_it_sets_it_up_before_all_else(site: Site) -> None:
    requiring(site, "lead_professional")
    client = site.app.test_client()
    form = {"email": "lead@council.example", "password": PASSWORD}
    assert client.post("/sign-in?next=/my-cases", data=form).headers["Location"] == "/account/security"
    assert client.get("/my-cases").headers["Location"] == "/account/security"
    client.post("/account/second-factor/begin")
    code = pyotp.TOTP(secret_on(client.get("/account/second-factor").text)).at(site.now)
    assert 'href="/my-cases"' in client.post("/account/second-factor", data={"code": code}).text
    assert client.get("/my-cases").status_code == 200
    removing = {"change": "remove", "password": PASSWORD}
    assert client.post("/account/second-factor/change", data=removing).status_code == 422
    assert site.signed_in("manager").get("/management").status_code == 200


def test_removing_it_needs_the_password(site: Site) -> None:
    client, _, _ = enrolled(site)
    form = {"change": "remove", "password": "not the password"}
    assert client.post("/account/second-factor/change", data=form).status_code == 422
    after_the_password(site)
    answer = client.post("/account/second-factor/change", data={"change": "remove", "password": PASSWORD})
    assert answer.status_code == 302
    assert site.signed_in("lead").get("/my-cases").status_code == 200


def test_new_recovery_codes_end_the_old_ones(site: Site) -> None:
    client, _, old = enrolled(site)
    page = client.post("/account/second-factor/change", data={"change": "codes", "password": PASSWORD})
    new = codes_on(page.text)
    assert not set(old) & set(new)
    assert give(after_the_password(site), old[0]) == 401
    assert give(after_the_password(site), new[0]) == 302
