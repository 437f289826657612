"""Every address, method, role and scope, held against the table of permissions as docs/permissions.md publishes it."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select
from werkzeug.routing import Rule

from earlyhelp.casework import accounts
from earlyhelp.casework.accounts import create_user
from earlyhelp.casework.restricting import restrict_case
from earlyhelp.casework.tokens import create_token
from earlyhelp.pathway.vocabulary import PEOPLE_ROLES
from earlyhelp.permissions import MATRIX, SCOPES
from earlyhelp.records.cases import Case
from earlyhelp.records.clocks import Alert
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.organisation import User, UserRole
from earlyhelp.web import errors
from tests.casework.watched_cases import MONDAY, days, swept
from tests.conftest import SHARED
from tests.support import databases
from tests.support.permission_page import PAGE, QUIET, TOKEN, written
from tests.web.desk import Desk, family_with_a_plan
from tests.web.managers_papers import Papers, managers_papers
from tests.web.watched_site import PASSWORD, Site, site_in

ROW = re.compile(r"^\| `([^`]+)` \| ([A-Z]+) \| `([^`]+)` \|$", re.MULTILINE)
WORDS_OF_THE_FAMILY = ("Wenna", "Kerra", "Jago Pascoe", "damp.png", "Nobody rang back")
RECORDS = {"reference", "public_id", "kept", "gone", "alert_id", "feedback_id", "audited_id"}
"""Parts of addresses that name a record about a family."""
NOT_THERE: Mapping[str, Any] = {
    "reference": "EH-222-2222",
    "public_id": "P0000000",
    "kept": "P0000000",
    "gone": "P0000000",
    "alert_id": 999_999,
    "feedback_id": 999_999,
    "audited_id": 999_999,
}
OF_READINGS = {"/audit/reads", "/audit/reads.csv"}
"""Auditors see that a restricted case was opened, by its reference alone."""
FORM_TOKEN = re.compile(r'name="(?:csrf_token|draft)" value="[^"]*"')
REFUSED = {403, 404, 422}
"""The role may not, there is none, or what was sent is wrong whatever it names."""
OTHER_PARTS: Mapping[str, Any] = {
    "action": "change_lead_professional",
    "name": "assessment",
    "which": "allocations",
    "key": "contacts_received",
    "part": "numerator",
    "file_format": "csv",
    "state": "assessing",
    "source": "event",
    "step": "who",
}


@dataclass(frozen=True)
class Family:
    """The site with a family on it, by whose case the scopes are tried."""

    site: Site
    desk: Desk
    papers: Papers
    alert_id: int
    tokens: Mapping[str, str]

    @property
    def named(self) -> dict[str, Any]:
        child = dict.fromkeys(("public_id", "kept", "gone"), self.desk.public_id)
        own = {"reference": self.desk.reference, "alert_id": self.alert_id}
        return {**OTHER_PARTS, **asdict(self.desk), **asdict(self.papers), **child, **own} | {
            name: OTHER_PARTS[name] for name in ("file_format", "state")
        }

    def told(self, text: str) -> list[str]:
        """What of the family an answer says."""
        return [
            word for word in (self.desk.reference, self.desk.public_id, *WORDS_OF_THE_FAMILY) if word in text
        ]


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Family]:
    """Led by `lead`, of the team `north`, with everything on it; restricted by the last test alone."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(accounts, "HASHER", accounts.CHEAPEST)
        folder = tmp_path_factory.mktemp("permissions")
        engine = connect(databases.new_sqlite(Path(os.environ[SHARED]), folder))
        site = site_in(engine, folder)
        site.now = MONDAY + days(60)
        with transaction(engine) as connection:
            for role in PEOPLE_ROLES:
                email = f"only_{role}@council.example"
                create_user(connection, email=email, name=role, roles=[role], password=PASSWORD, now=MONDAY)
            desk = family_with_a_plan(connection, site.council)
            papers = managers_papers(connection, site.council, reference=desk.reference)
            swept(connection, site.now)
            alert_id = connection.scalar(
                select(Alert.id)
                .join(Case, Case.id == Alert.case_id)
                .where(Case.reference == desk.reference)
                .limit(1)
            )
            assert alert_id is not None
            people = connection.execute(select(User.id, User.email)).all()
            tokens = {
                user.email.partition("@")[0]: create_token(
                    connection, user_id=user.id, name="all", now=MONDAY
                )
                for user in people
            }
        yield Family(site, desk, papers, alert_id, tokens)
        engine.dispose()


def each(app: Flask) -> Iterator[tuple[Rule, str]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        for method in sorted((rule.methods or set()) - QUIET):
            yield rule, method


def address(app: Flask, rule: Rule, named: Mapping[str, Any]) -> str:
    parts = {part: named.get(part, 1) for part in rule.arguments}
    if rule.endpoint.startswith("front_door."):
        parts |= {"action": "receive_contact"} if "action" in parts else {}
    with app.test_request_context():
        return app.url_for(rule.endpoint, **parts)


def test_the_page_of_permissions_is_in_step_and_has_every_address(family: Family) -> None:
    assert PAGE.read_text() == written(family.site.app), "run python -m tests.support.permission_page"


def test_every_door_opens_to_the_roles_of_the_table_and_to_no_other(
    family: Family, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address × method × role. Behind each door stands nothing here, so that only the door is tried."""
    app, asked = family.site.app, {(row[0], row[1]): row[2] for row in ROW.findall(PAGE.read_text())}
    callers = {role: family.site.signed_in(f"only_{role}") for role in PEOPLE_ROLES} | {
        "nobody": app.test_client()
    }
    monkeypatch.setattr(errors, "render_template", lambda *_, **__: "")
    for endpoint, view in list(app.view_functions.items()):
        monkeypatch.setitem(app.view_functions, endpoint, behind(view))
    wrong = []
    for rule, method in each(app):
        permission = asked.get((rule.rule, method), "nobody")
        if permission.startswith(TOKEN):
            continue
        path = address(app, rule, {**OTHER_PARTS, **NOT_THERE})
        for role, client in callers.items():
            status = client.open(path, method=method).status_code
            if status != expected(permission, role):
                wrong.append((role, method, rule.rule, status))
    assert wrong == []


def behind(view: Any) -> Any:
    """An empty room with the same door."""

    def room(**_: object) -> str:
        return "open"

    room.permission = getattr(view, "permission", "public")  # type: ignore[attr-defined]
    return room


def expected(permission: str, role: str) -> int:
    if permission == "public":
        return 200
    if role == "nobody":
        return 302  # to the page for signing in
    return 200 if permission == "signed_in" or role in MATRIX.get(permission, frozenset()) else 403


def test_the_api_opens_to_tokens_of_the_scope_alone(family: Family) -> None:
    app = family.site.app
    with transaction(family.site.engine) as connection:
        user_id = connection.scalars(
            select(User.id).where(User.email == "only_analyst@council.example")
        ).one()
        narrow = {
            scope: create_token(connection, user_id=user_id, name=scope, now=MONDAY, scopes=[scope])
            for scope in ("read", "contacts", "act")
        }
    asked = {(row[0], row[1]): row[2].removeprefix(TOKEN) for row in ROW.findall(PAGE.read_text())}
    client = app.test_client()
    for rule, method in each(app):
        if not rule.endpoint.startswith("api."):
            continue
        path = address(app, rule, {**OTHER_PARTS, **NOT_THERE})
        assert client.open(path, method=method).status_code == 401, path
        for scope, token in narrow.items():
            answer = client.open(path, method=method, headers={"Authorization": f"Bearer {token}"})
            in_scope = scope == asked[rule.rule, method]
            assert ("not-in-scope" not in answer.text) == in_scope, (scope, path, answer.text)


@pytest.mark.parametrize("who", ["only_lead_professional", "south_manager", "only_partner"])
def test_another_teams_family_is_not_there(family: Family, who: str) -> None:
    """Scopes own, team and agency: every address that names a record answers as if there were none."""
    assert differing(family, who) == []


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """What is asked of the database meanwhile."""
    told: list[str] = []

    def heard(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        told.append(statement)

    event.listen(engine, "before_cursor_execute", heard)
    try:
        yield told
    finally:
        event.remove(engine, "before_cursor_execute", heard)


def differing(family: Family, who: str) -> list[tuple[str, str, int]]:
    """Addresses at which a family that is not theirs is told apart from one that does not exist: by status, by words,
    or by how often the database is asked, which a stopwatch tells."""
    app, client = family.site.app, family.site.signed_in(who)
    token = {"Authorization": f"Bearer {family.tokens[who]}"}
    wrong = []
    for once in ("/nowhere", "/administration/people", "/administration"):
        client.get(once)  # what a process reads once
    for rule, method in each(app):
        naming = RECORDS & rule.arguments
        if not naming:
            continue
        headers = token if rule.endpoint.startswith("api.") else {}
        body: dict[str, Any] = {"json": {"version": 1, "fields": {}}} if headers and method == "POST" else {}
        answers, asked = [], []
        for named in (family.named, {**family.named, **NOT_THERE}):
            with statements(family.site.engine) as counted:
                path = address(app, rule, named)
                answers.append(client.open(path, method=method, headers=headers, **body))
            asked.append(len(counted))
        theirs, nobodys = answers
        same = theirs.status_code == nobodys.status_code and FORM_TOKEN.sub(
            "", theirs.text
        ) == FORM_TOKEN.sub("", nobodys.text)
        if not same or asked[0] != asked[1] or theirs.status_code not in REFUSED or family.told(theirs.text):
            wrong.append((method, rule.rule, theirs.status_code))
    return wrong


@dataclass(frozen=True)
class Sought:
    """What somebody types to find a child."""

    given_name: str
    family_name: str
    reference: str
    public_id: str

    def forms(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Every page that looks for people or records by what is posted to it."""
        child = {f"children-0-{name}": getattr(self, name) for name in ("given_name", "family_name")}
        born = {"children-0-date_of_birth-day": "4", "children-0-date_of_birth-month": "5"}
        child |= born | {"children-0-date_of_birth-year": "2019"}
        for words in (f"{self.given_name} {self.family_name}", self.family_name, self.reference):
            yield "/front-door/search", {"search": words}
            yield "/directory/search", {"words": words, "place": self.family_name}
        yield "/people/matches", {"child": "0", **child}
        yield "/directory/chosen", {"key": self.public_id}
        yield "/restricted", {"reference": self.reference, "hours": "1"}
        yield "/management/feedback/new", {"case": self.reference, "kind": "compliment"}
        yield "/administration/retention/hold", {"reference": self.reference, "lift": "1", "reason": ""}
        for page in ("contacts", "step-downs"):
            named = {
                "children-0-person": self.public_id,
                "known-0": self.public_id,
                "shown-0": self.public_id,
            }
            yield f"/front-door/{page}/new", {**child, **named, "joins": self.reference, "do_save": "1"}

    def left_out(self, text: str) -> str:
        """An answer without what was typed, which it may show again."""
        for name in (f"{self.given_name} {self.family_name}", *self.__dict__.values()):
            text = text.replace(name, "…")
        return FORM_TOKEN.sub("", text)


NOBODY = Sought("Zyxwa", "Qlmnopqr", "EH-222-2222", "P0000000")
BY_DESIGN = {
    "/people/matches": {"screener", "manager"},
    "/administration/retention/hold": {"administrator"},
}
"""Whoever records a child must know that they are known, or of a restricted one that they should speak to a manager;
who holds and ends records does it by reference alone, of every case."""


def found_by_searching(family: Family, who: str) -> list[tuple[str, int, list[str]]]:
    """Searches for the family whose answer differs from that for somebody who does not exist."""
    client, theirs = (
        family.site.signed_in(who),
        Sought("Wenna", "Tregenza", family.desk.reference, family.desk.public_id),
    )
    differing = []
    for (path, typed), (_, nobodys) in zip(theirs.forms(), NOBODY.forms(), strict=True):
        found, none = (client.post(path, data=data, follow_redirects=True) for data in (typed, nobodys))
        told = family.told(theirs.left_out(found.text))
        if (
            found.status_code != none.status_code
            or theirs.left_out(found.text) != NOBODY.left_out(none.text)
            or told
        ):
            differing.append((path, found.status_code, told))
    return differing


def by_design(family: Family, who: str, path: str) -> bool:
    with reading(family.site.engine) as connection:
        user = select(User.id).where(User.email == f"{who}@council.example").scalar_subquery()
        held = set(connection.scalars(select(UserRole.role).where(UserRole.user_id == user)))
    return bool(held & BY_DESIGN.get(path, set()))


NOT_ALL = [f"only_{role}" for role in PEOPLE_ROLES if SCOPES.get(role) not in {"all", "team"}]
"""A manager of no team manages all; one of another team is tried beside these."""


@pytest.mark.parametrize("who", ["south_manager", "other_lead", *NOT_ALL])
def test_a_search_finds_nothing_of_another_teams_family(family: Family, who: str) -> None:
    """Same status, same words, whatever was typed: there or not, it is not theirs."""
    assert [one for one in found_by_searching(family, who) if not by_design(family, who, one[0])] == []


def test_a_search_finds_those_who_are_theirs(family: Family) -> None:
    """Else the test above would prove nothing."""
    assert {path for path, *_ in found_by_searching(family, "screener")} >= {"/people/matches"}


def test_who_records_a_step_down_learns_that_a_child_is_known_and_not_where(family: Family) -> None:
    typed = dict(Sought("Wenna", "Tregenza", "", "").forms())["/people/matches"]
    answers = {
        who: family.site.signed_in(who).post("/people/matches", data=typed).text
        for who in ("south_manager", "screener")
    }
    assert "With another team" in answers["south_manager"]
    assert "Born" not in answers["south_manager"]
    assert "Born" in answers["screener"]


@pytest.fixture(scope="module")
def restricted(family: Family) -> Family:
    with transaction(family.site.engine) as connection:
        restrict_case(
            connection,
            reference=family.desk.reference,
            person=family.site.council["manager"],
            given={"reason": "A colleague's own family"},
            now=family.site.now,
        )
    return family


@pytest.mark.parametrize("who", ["screener", "service_manager", "only_auditor", "administrator"])
def test_a_restricted_family_is_not_there_for_those_who_see_all_others(restricted: Family, who: str) -> None:
    assert differing(restricted, who) == []


@pytest.mark.parametrize(
    "who",
    ["screener", "service_manager", "only_auditor", "administrator", "other_lead"],
)
def test_no_list_count_file_or_feed_tells_of_a_restricted_family(restricted: Family, who: str) -> None:
    assert [path for path, told in lists(restricted, who) if told and path not in OF_READINGS] == []


@pytest.mark.parametrize("who", ["south_manager", "other_lead", *(f"only_{role}" for role in PEOPLE_ROLES)])
def test_no_search_finds_a_restricted_family(restricted: Family, who: str) -> None:
    """Nor a count, an error or a status of it. Only who types the child's details is told to speak to a manager."""
    for path, status, told in found_by_searching(restricted, who):
        assert by_design(restricted, who, path), (path, status)
        assert told == [], path


def test_the_same_lists_tell_of_it_those_who_are_named(restricted: Family) -> None:
    """Else the test above would prove nothing."""
    assert len([path for path, told in lists(restricted, "manager") if told]) >= 8


def lists(family: Family, who: str) -> Iterator[tuple[str, list[str]]]:
    """Every page, file and answer of the API that names no record, with what it tells of the family."""
    app, client = family.site.app, family.site.signed_in(who)
    token = {"Authorization": f"Bearer {family.tokens[who]}"}
    for rule, method in each(app):
        if method != "GET" or RECORDS & rule.arguments or rule.endpoint == "static":
            continue
        path = address(app, rule, {**OTHER_PARTS, **asdict(family.papers), **OTHER_PARTS})
        headers = token if rule.endpoint.startswith("api.") else {}
        yield path, family.told(client.get(path, headers=headers).data.decode(errors="replace"))


def test_a_partners_account_opens_no_page_of_the_front_door(family: Family) -> None:
    """Its system sends by the API. The pages show whom the council knows, and requests of families to anybody there."""
    client = family.site.signed_in("only_partner")
    doors = [
        rule
        for rule, _ in each(family.site.app)
        if rule.rule.startswith(("/front-door", "/people", "/cases"))
    ]
    paths = {address(family.site.app, rule, family.named) for rule in doors}
    assert len(paths) > 40
    assert {client.get(path).status_code for path in paths} <= {403, 405}
