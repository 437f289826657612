"""Signing in with the council's identity provider: a real one on this machine, and forged answers."""

import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from sqlalchemy import func, select

from earlyhelp.casework.accounts import deactivate
from earlyhelp.permissions import Person, load_person, person_by_email
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import User
from earlyhelp.web.account import single_sign_on
from earlyhelp.web.services import EXTENSION
from tests.web.quick_site import site
from tests.web.watched_site import PASSWORD, Site

with warnings.catch_warnings():
    # The provider of the tests still uses what Authlib will drop; ours must not, so the filter ends here.
    warnings.simplefilter("ignore")
    import oidc_provider_mock
    from oidc_provider_mock import User as ProvidersUser

__all__ = ["site"]
pytestmark = [
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),  # the provider's own
    pytest.mark.filterwarnings("ignore:JWS algorithm:joserfc.errors.SecurityWarning"),  # of forging `none`
]
GROUPS = {"g-screeners": "screener", "g-managers": "manager"}
CLIENT = "earlyhelp"
START = "/sign-in/council"
EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}


def user(sub: str, *groups: str, verified: bool = True) -> ProvidersUser:
    claims: dict[str, object] = {
        "email": f"{sub}@council.example",
        "email_verified": verified,
        "name": sub.title(),
        "groups": list(groups),
    }
    return ProvidersUser(sub=sub, claims=claims)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    users = (
        user("lead", "g-managers", "g-other"),
        user("newcomer", "g-screeners"),
        user("outsider", "g-other"),
        user("unverified", "g-screeners", verified=False),
        ProvidersUser(sub="groupless", claims={"email": "lead@council.example", "email_verified": True}),
    )
    with oidc_provider_mock.run_server_in_thread(user_claims=users, require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def joined(site: Site, provider: str) -> Site:
    services = site.app.extensions[EXTENSION]
    settings = replace(
        services.settings,
        oidc_issuer=provider,
        oidc_client_id=CLIENT,
        oidc_client_secret="s" * 20,
        oidc_groups=GROUPS,
    )
    site.app.extensions[EXTENSION] = replace(services, settings=settings)
    return site


def sent_back(client: FlaskClient, sub: str, address: str = START) -> str:
    """The address that the provider sends a person back to, once they have said there who they are."""
    there = client.get(address).headers["Location"]
    answer = requests.post(there, data={"sub": sub}, allow_redirects=False, timeout=10)
    parts = urlsplit(answer.headers["Location"])
    return f"{parts.path}?{parts.query}"


def arriving(site: Site, sub: str, address: str = START) -> tuple[FlaskClient, Any]:
    client = site.app.test_client()
    return client, client.get(sent_back(client, sub, address))


def account(site: Site, name: str) -> Person | None:
    with reading(site.engine) as connection:
        return person_by_email(connection, email=f"{name}@council.example")


def test_a_known_address_is_linked_and_gets_the_roles_of_its_groups(joined: Site) -> None:
    client, answer = arriving(joined, "lead", f"{START}?next=/management/alerts")
    assert answer.headers["Location"] == "/management/alerts"
    assert client.get("/management").status_code == 200
    linked = account(joined, "lead")
    assert linked is not None
    assert (linked.id, linked.roles) == (joined.council["lead"].id, {"manager"})


def test_the_way_there_carries_a_challenge_a_state_and_a_nonce(joined: Site) -> None:
    asked = parse_qs(urlsplit(joined.app.test_client().get(START).headers["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"code_challenge", "state", "nonce"} <= set(asked)


def test_a_newcomer_gets_an_account_once(joined: Site) -> None:
    for _ in range(2):
        client, _ = arriving(joined, "newcomer")
        assert client.get("/front-door").status_code == 200
    with reading(joined.engine) as connection:
        same = select(func.count()).where(User.email == "newcomer@council.example")
        assert connection.scalar(same) == 1


@pytest.mark.parametrize(
    ("sub", "words"),
    [("outsider", "in no group"), ("unverified", "did not vouch"), ("groupless", "which groups")],
)
def test_who_may_not_is_told_why_and_gets_no_account(joined: Site, sub: str, words: str) -> None:
    client, answer = arriving(joined, sub)
    assert (answer.status_code, words in answer.text) == (403, True)
    assert account(joined, sub) is None
    assert client.get("/front-door").status_code == 302


def test_who_leaves_the_groups_loses_every_session(joined: Site) -> None:
    client, _ = arriving(joined, "newcomer")
    services = joined.app.extensions[EXTENSION]
    fewer = replace(services.settings, oidc_groups={"g-managers": "manager"})
    joined.app.extensions[EXTENSION] = replace(services, settings=fewer)
    assert arriving(joined, "newcomer")[1].status_code == 403
    assert client.get("/front-door").status_code == 302
    assert account(joined, "newcomer") is None


def test_a_closed_account_stays_closed(joined: Site) -> None:
    lead = joined.council["lead"].id
    assert lead is not None
    with transaction(joined.engine) as connection:
        deactivate(connection, user_id=lead)
    assert arriving(joined, "lead")[1].status_code == 403


def test_another_state_or_another_browser_is_refused(joined: Site) -> None:
    client = joined.app.test_client()
    back = sent_back(client, "lead")
    assert joined.app.test_client().get(back).status_code == 400
    assert client.get(back.replace("state=", "state=x")).status_code == 400
    assert client.get("/sign-in/council/arrived?error=access_denied").status_code == 400
    assert client.get("/sign-in/council/arrived").status_code == 400
    assert client.get("/my-cases").status_code == 302


OURS = RSAKey.generate_key(2048, {"kid": "ours"})


def forged(joined: Site, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> int:
    """What happens to an answer with this token in it, signed by the provider unless it says otherwise."""
    client = changes.pop("client", None) or joined.app.test_client()
    asked = parse_qs(urlsplit(client.get(START).headers["Location"]).query)
    key, header = changes.pop("key", OURS), changes.pop("header", {"alg": "RS256", "kid": "ours"})
    moment = int(time.time())
    claims = {
        "iss": joined.app.extensions[EXTENSION].settings.oidc_issuer,
        "aud": CLIENT,
        "sub": "lead",
        "iat": moment,
        "exp": moment + 300,
        "nonce": asked["nonce"][0],
        "email": "lead@council.example",
        "email_verified": True,
        "groups": ["g-managers"],
    } | changes
    token = jwt.encode(header, claims, key, algorithms=[header["alg"]])
    if header["alg"] == "none":
        token = token.rpartition(".")[0] + "."
    provider = joined.app.extensions[single_sign_on.EXTENSION]
    provider.server_metadata["jwks"] = KeySet([OURS]).as_dict(private=False)
    monkeypatch.setattr(provider, "fetch_access_token", lambda **_: {"id_token": token})
    return client.get(f"/sign-in/council/arrived?code=c&state={asked['state'][0]}").status_code


def test_a_token_that_is_in_order_is_taken(joined: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert forged(joined, monkeypatch) == 302


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"exp": 1},
        {"iss": "https://elsewhere.example"},
        {"aud": "another service"},
        {"header": {"alg": "none"}, "key": OctKey.import_key("x" * 32)},
        {"header": {"alg": "HS256"}, "key": OctKey.import_key("s" * 32)},
        {"key": RSAKey.generate_key(2048, {"kid": "ours"})},
    ],
    ids=["nonce", "expired", "issuer", "audience", "alg none", "our own secret", "another key"],
)
def test_a_forged_token_lets_nobody_in(
    joined: Site, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    assert forged(joined, monkeypatch, **changes) == 400


def logout(joined: Site, **changes: Any) -> int:
    provider = joined.app.extensions[single_sign_on.EXTENSION]
    provider.server_metadata["jwks"] = KeySet([OURS]).as_dict(private=False)
    issuer = joined.app.extensions[EXTENSION].settings.oidc_issuer
    told = {"iss": issuer, "aud": CLIENT, "sub": "lead", "iat": int(joined.now.timestamp()), "events": EVENT}
    key = changes.pop("key", OURS)
    token = jwt.encode({"alg": "RS256", "kid": "ours"}, told | changes, key)
    joined.app.config["WTF_CSRF_ENABLED"] = True
    return joined.app.test_client().post(f"{START}/signed-out", data={"logout_token": token}).status_code


def test_signing_out_at_the_provider_ends_the_session_here(joined: Site) -> None:
    client, _ = arriving(joined, "lead")
    assert client.get("/management").status_code == 200
    for changes in (
        {"events": {}},
        {"nonce": "n"},
        {"aud": "another"},
        {"iat": 1},
        {"key": RSAKey.generate_key(2048, {"kid": "ours"})},
    ):
        assert logout(joined, **changes) == 400
    assert client.get("/management").status_code == 200
    assert logout(joined, sub="somebody else") == 200
    assert client.get("/management").status_code == 200
    assert logout(joined) == 200
    assert client.get("/management").status_code == 302


def test_the_providers_page_ends_the_session_it_names_and_no_other(
    joined: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, other = joined.app.test_client(), joined.app.test_client()
    assert forged(joined, monkeypatch, client=client, sid="s1") == 302
    assert forged(joined, monkeypatch, client=other, sid="s2") == 302
    issuer, local = joined.app.extensions[EXTENSION].settings.oidc_issuer, joined.signed_in("administrator")

    def told(by: FlaskClient, **names: str) -> bytes:
        answer = by.get(f"{START}/signing-out", query_string=names)
        assert answer.status_code == 200
        return answer.data

    for names in (
        {},
        {"sid": "s"},
        {"iss": issuer},
        {"iss": issuer, "sid": ""},
        {"iss": issuer, "sid": "\0"},
        {"iss": issuer, "sid": "guessed"},
        {"iss": "https://elsewhere.example", "sid": "s1"},
        {"iss": "", "sid": "s1"},
    ):
        assert told(client, **names) == b""
    assert client.get("/management").status_code == 200
    told(joined.app.test_client(), iss=issuer, sid="s1")
    assert [who.get("/management").status_code for who in (client, other)] == [302, 200]
    told(local, sid="s2")  # as Entra does, who names no issuer
    assert other.get("/management").status_code == 302
    assert local.get("/administration").status_code == 200


def test_with_local_sign_in_off_only_administrators_use_a_password(joined: Site) -> None:
    services = joined.app.extensions[EXTENSION]
    joined.app.extensions[EXTENSION] = replace(
        services, settings=replace(services.settings, local_sign_in=False)
    )
    form = {"email": "lead@council.example", "password": PASSWORD}
    assert joined.app.test_client().post("/sign-in", data=form).status_code == 401
    assert joined.signed_in("administrator").get("/administration").status_code == 200


def test_a_provider_that_is_away_is_no_error_of_ours(joined: Site) -> None:
    services = joined.app.extensions[EXTENSION]
    away = replace(services.settings, oidc_issuer="http://localhost:1")
    joined.app.extensions[EXTENSION] = replace(services, settings=away)
    assert joined.app.test_client().get(START).status_code == 502
    with reading(joined.engine) as connection:
        assert load_person(connection, user_id=joined.council["lead"].id or 0) is not None
