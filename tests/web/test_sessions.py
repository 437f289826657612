"""Sessions are seen and ended, by their owner and by an administrator, and the door remembers."""

from datetime import timedelta

from sqlalchemy import func, select

from earlyhelp.casework.tokens import create_token
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.sign_in import SignedInSession
from tests.web.quick_site import site
from tests.web.watched_site import PASSWORD, Site

__all__ = ["site"]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def ids(site: Site, who: str) -> list[int]:
    user_id = site.council[who].id
    with reading(site.engine) as connection:
        statement = select(SignedInSession.id).where(SignedInSession.user_id == user_id)
        return list(connection.scalars(statement.order_by(SignedInSession.id)))


def test_a_session_is_listed_by_browser_and_network_and_ended_from_another(site: Site) -> None:
    here, there = site.signed_in("lead"), site.app.test_client()
    form = {"email": "lead@council.example", "password": PASSWORD}
    headers, elsewhere = {"User-Agent": FIREFOX}, {"REMOTE_ADDR": "203.0.113.77"}
    there.post("/sign-in", data=form, headers=headers, environ_overrides=elsewhere)
    page = here.get("/account/sessions").text
    assert "Firefox on Linux" in page
    assert "203.0.113.0/24" in page
    assert "203.0.113.77" not in page
    assert here.post(f"/account/sessions/{ids(site, 'lead')[1]}/end").status_code == 302
    assert there.get("/my-cases").status_code == 302
    assert here.get("/my-cases").status_code == 200


def test_ending_all_others_keeps_the_one_that_asks(site: Site) -> None:
    here, *others = [site.signed_in("lead") for _ in range(3)]
    here.post("/account/sessions/end-others")
    assert here.get("/my-cases").status_code == 200
    assert [other.get("/my-cases").status_code for other in others] == [302, 302]


def test_nobody_ends_the_session_of_another(site: Site) -> None:
    lead = site.signed_in("lead")
    manager = site.signed_in("manager")
    assert manager.post(f"/account/sessions/{ids(site, 'lead')[0]}/end").status_code == 404
    assert manager.post(f"/account/sessions/{10**30}/end").status_code == 404
    assert lead.get("/my-cases").status_code == 200


def test_a_token_is_listed_and_ended_by_its_owner_and_by_an_administrator(site: Site) -> None:
    user_id = site.council["lead"].id
    assert user_id is not None
    with transaction(site.engine) as connection:
        told = [create_token(connection, user_id=user_id, name=f"<b>{n}", now=site.now) for n in range(2)]
    lead, administrator = site.signed_in("lead"), site.signed_in("administrator")
    own, theirs = "/account/sessions", f"/administration/signing-in/{user_id}"
    for client, page in ((lead, own), (administrator, theirs)):
        shown = client.get(page).text
        assert "the token &lt;b&gt;" in shown
        assert not [token for token in told if token in shown]
    assert opens(site, told) == [200, 200]
    assert site.signed_in("manager").post(f"{own}/tokens/1/end").status_code == 404
    assert lead.post(f"{own}/tokens/{10**30}/end").status_code == 404
    assert lead.post(f"{own}/tokens/1/end").headers["Location"] == own
    assert opens(site, told) == [401, 200]
    assert administrator.post(f"{theirs}/tokens/2/end").headers["Location"] == theirs
    assert opens(site, told) == [401, 401]
    assert "Token for the API ended" in lead.get(own).text
    assert "Token ended" in administrator.get("/administration/changes").text


def opens(site: Site, tokens: list[str]) -> list[int]:
    client, path = site.app.test_client(), "/api/v1/alerts"
    return [client.get(path, headers={"Authorization": f"Bearer {one}"}).status_code for one in tokens]


def test_a_stolen_cookie_is_worth_nothing_after_signing_out(site: Site) -> None:
    client, thief = site.signed_in("lead"), site.app.test_client()
    cookie = client.get_cookie("earlyhelp")
    assert cookie is not None
    client.post("/sign-out")
    thief.set_cookie("earlyhelp", cookie.value)
    assert thief.get("/my-cases").status_code == 302


def test_being_seen_is_written_once_a_minute(site: Site) -> None:
    client = site.signed_in("lead")
    began = site.now
    seen = []
    for seconds in (30, 61, 90):
        site.now = began + timedelta(seconds=seconds)
        client.get("/my-cases")
        with reading(site.engine) as connection:
            seen.append(connection.scalar(select(func.max(SignedInSession.seen_at))))
    assert seen == [began, began + timedelta(seconds=61), began + timedelta(seconds=61)]


def test_a_new_password_signs_out_everywhere_else_and_is_asked_for_from_then_on(site: Site) -> None:
    here, other = site.signed_in("lead"), site.signed_in("lead")
    new = "pilchard umbrella lantern"
    form = {"password": PASSWORD, "new": new, "again": new}
    assert here.post("/account/password", data=form).status_code == 302
    assert here.get("/my-cases").status_code == 200
    assert other.get("/my-cases").status_code == 302
    signing_in = {"email": "lead@council.example", "password": PASSWORD}
    assert other.post("/sign-in", data=signing_in).status_code == 401
    assert other.post("/sign-in", data={**signing_in, "password": new}).status_code == 302


def test_a_password_that_is_guessed_first_is_refused_in_words(site: Site) -> None:
    client = site.signed_in("lead")
    for new, words in (
        ("P4ssw0rd 2024!", "guessed first"),
        ("short", "12 to 200 characters"),
        ("Earlyhelp2026!", "guessed first"),
    ):
        form = {"password": PASSWORD, "new": new, "again": new}
        answer = client.post("/account/password", data=form)
        assert (answer.status_code, words in answer.text) == (422, True)
    differing = {"password": PASSWORD, "new": "pilchard umbrella", "again": "pilchard parasol"}
    assert "differ" in client.post("/account/password", data=differing).text


def test_an_administrator_sees_the_history_resets_and_signs_out(site: Site) -> None:
    lead, administrator = site.signed_in("lead"), site.signed_in("administrator")
    wrong = {"email": "lead@council.example", "password": "not the password"}
    site.app.test_client().post("/sign-in", data=wrong, environ_overrides={"REMOTE_ADDR": "198.51.100.9"})
    address = f"/administration/signing-in/{site.council['lead'].id}"
    page = administrator.get(address).text
    assert "Signed in with a password" in page
    assert "Wrong password" in page
    assert "198.51.100.0/24" in page
    assert administrator.post(f"{address}/end-sessions").status_code == 302
    assert lead.get("/my-cases").status_code == 302
    assert administrator.post(f"{address}/reset-second-factor").status_code == 302
    assert "Second factor reset by an administrator" in administrator.get(address).text
    assert "Second factor" in administrator.get("/administration/signing-in").text


def test_who_guesses_elsewhere_does_not_lock_the_owner_out(site: Site) -> None:
    site.signed_in("lead")
    wrong = {"email": "lead@council.example", "password": "not the password"}
    stranger = site.app.test_client()
    elsewhere = {"REMOTE_ADDR": "198.51.100.9"}
    statuses = {
        stranger.post("/sign-in", data=wrong, environ_overrides=elsewhere).status_code for _ in range(11)
    }
    assert statuses == {401, 429}
    assert site.signed_in("lead").get("/my-cases").status_code == 200
