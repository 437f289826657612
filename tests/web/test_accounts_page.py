"""Administrators give roles, close accounts and open them again; nobody locks themselves out."""

import re

from sqlalchemy import insert, select

from earlyhelp.records.database import reading, transaction
from earlyhelp.records.office_changes import OfficeChange
from earlyhelp.records.organisation import Team, User
from tests.web.quick_site import site
from tests.web.watched_site import PASSWORD, Site

__all__ = ["site"]
PEOPLE = "/administration/signing-in"


def address(site: Site, who: str) -> str:
    with reading(site.engine) as connection:
        found = connection.scalar(select(User.id).where(User.email == f"{who}@council.example"))
    return f"/administration/accounts/{found}"


def written(site: Site) -> list[tuple[str, str, str]]:
    with reading(site.engine) as connection:
        changes = connection.execute(select(OfficeChange).order_by(OfficeChange.id)).all()
    return [(change.what, change.about.partition("@")[0], change.by.partition("@")[0]) for change in changes]


def test_new_roles_sign_out_and_count_from_then_on(site: Site) -> None:
    administrator, lead = site.signed_in("administrator"), site.signed_in("lead")
    page = address(site, "lead")
    assert f'href="{page}"' in administrator.get(PEOPLE).text
    same = administrator.post(page, data={"roles": ["lead_professional"]})
    assert (same.headers["Location"], lead.get("/my-cases").status_code) == (PEOPLE, 200)
    both = {"roles": ["lead_professional", "manager"]}
    assert administrator.post(page, data=both).headers["Location"] == PEOPLE
    assert lead.get("/my-cases").status_code == 302
    assert "No session is open" in administrator.get(page.replace("accounts", "signing-in")).text
    assert site.signed_in("lead").get("/management").status_code == 200
    assert written(site) == [("roles", "lead", "administrator")]


def test_many_accounts_and_teams_are_shown_by_pages_and_found_by_words(site: Site) -> None:
    with transaction(site.engine) as connection:
        for n in range(35):
            many = {"email": f"worker{n:02}@council.example", "name": f"Zoe Worker {n:02}"}
            connection.execute(insert(User).values(**many, created_at=site.now))
            connection.execute(insert(Team).values(key=f"zone{n:02}", name=f"Zone {n:02}", kind="locality"))
    administrator = site.signed_in("administrator")
    for page, last in ((PEOPLE, "worker34@council.example"), ("/administration/teams", "Zone 34")):
        first = administrator.get(page).text
        assert last not in first
        following = re.search(rf'href="({page}\?after=\d+)"', first)
        assert following is not None
        second = administrator.get(following[1]).text
        assert last in second
        assert "Next page" not in second
        assert last in administrator.get(f"{page}?words=34").text
        assert "found. Try part" in administrator.get(f"{page}?words=nothing%00like%20this").text
        assert administrator.get(f"{page}?after=x").status_code == 404


def test_a_closed_account_lets_nobody_in_until_it_is_opened(site: Site) -> None:
    administrator, lead = site.signed_in("administrator"), site.signed_in("lead")
    page = address(site, "lead")
    assert administrator.post(f"{page}/close").headers["Location"] == page
    assert lead.get("/my-cases").status_code == 302
    assert "Closed: open again" in administrator.get(PEOPLE).text
    assert "nobody can sign in" in administrator.get(page).text
    assert administrator.post(f"{page}/open").headers["Location"] == page
    assert lead.get("/my-cases").status_code == 302
    assert "Account closed by an administrator" in site.signed_in("lead").get("/account/sessions").text
    assert [what for what, _, _ in written(site)] == ["account_closed", "account_opened"]


def test_who_forgot_their_password_gets_a_new_one_told_once(site: Site) -> None:
    administrator, lead = site.signed_in("administrator"), site.signed_in("lead")
    page = address(site, "lead")
    made = administrator.post(f"{page}/new-password")
    (told,) = re.findall(r">([\w-]{16})</pre>", made.text)
    assert made.headers["Cache-Control"] == "no-store"
    assert lead.get("/my-cases").status_code == 302, "signed out everywhere"
    visitor = site.app.test_client()
    statuses = [
        visitor.post("/sign-in", data={"email": "lead@council.example", "password": one}).status_code
        for one in (PASSWORD, told)
    ]
    assert statuses == [401, 302]
    assert "New password made by an administrator" in visitor.get("/account/sessions").text
    assert told not in administrator.get(page).text
    assert written(site) == [("password_made", "lead", "administrator")]
    own = administrator.post(f"{address(site, 'administrator')}/new-password")
    assert (own.status_code, "Change your own password" in own.text) == (422, True)
    assert visitor.post(f"{page}/new-password").status_code == 403


def test_nobody_shuts_themselves_out(site: Site) -> None:
    administrator = site.signed_in("administrator")
    page = address(site, "administrator")
    assert "Close the account</button>" not in administrator.get(page).text
    closing = administrator.post(f"{page}/close")
    assert (closing.status_code, "cannot close your own account" in closing.text) == (422, True)
    less = administrator.post(page, data={"roles": ["manager"]})
    assert (less.status_code, "your own administrator role" in less.text) == (422, True)
    assert administrator.get(PEOPLE).status_code == 200
    assert written(site) == []


def test_what_is_no_role_and_no_account_is_refused(site: Site) -> None:
    administrator, lead = site.signed_in("administrator"), site.signed_in("lead")
    page = address(site, "lead")
    for roles, words in (([], "Select at least one role"), (["public", "\x00<b>"], "There is no role")):
        answer = administrator.post(page, data={"roles": roles})
        assert (answer.status_code, answer.text.count(words)) == (422, 2)
    for nobodys in ("/administration/accounts/4711", f"/administration/accounts/{10**30}"):
        answers = [administrator.get(nobodys), administrator.post(f"{nobodys}/close")]
        assert [answer.status_code for answer in answers] == [404, 404]
    assert [lead.get(page).status_code, lead.post(f"{page}/close").status_code] == [403, 403]
    assert written(site) == []
