"""Every address is filed: who may open it, that a closed door looks right, and how many queries it costs."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event

from earlyhelp.app import create_app
from earlyhelp.casework.accounts import CHEAPEST, set_password
from earlyhelp.records.database import connect, transaction
from earlyhelp.settings import Settings
from tests.casework.watched_cases import MONDAY, Council, allocated, council_in, days, found_council
from tests.support.lived_once import lived_once
from tests.web.every_address import Filled, filled, pages

PASSWORD = "a long enough password"
NOW = MONDAY + days(9)
EVERYBODY = {"screener", "lead", "manager", "service_manager", "analyst", "nobody"}
PLACES: Mapping[str, set[str]] = {
    "account.start": {"screener", "lead", "manager", "service_manager", "analyst"},
    "account.sign_in": EVERYBODY,
    "account.sign_out": EVERYBODY - {"nobody"},
    "second_step.page": EVERYBODY,
    "passkeys.add": set(),  # nothing at an address of bare numbers: tests/web/test_passkeys.py
    "passkeys.ask": EVERYBODY,
    "passkeys.make": set(),
    "passkeys.remove": set(),
    "passkeys.sign_in": EVERYBODY,
    "sessions.end": EVERYBODY - {"nobody"},
    "sessions.end_others": EVERYBODY - {"nobody"},
    "sessions.end_own_token": EVERYBODY - {"nobody"},
    "sessions.page": EVERYBODY - {"nobody"},
    "accounts.change_roles": set(),
    "accounts.close": set(),
    "accounts.new_password": set(),
    "accounts.open_again": set(),
    "accounts.page": set(),
    "changes.page": set(),
    "sign_ins.end_all": set(),
    "sign_ins.end_token": set(),
    "sign_ins.page": set(),
    "sign_ins.person_page": set(),
    "sign_ins.reset": set(),
    "single_sign_on.arrived": EVERYBODY,
    "single_sign_on.signed_out": EVERYBODY,
    "single_sign_on.signing_out": EVERYBODY,
    "single_sign_on.start": EVERYBODY,
    "security.begin": EVERYBODY - {"nobody"},
    "security.change": EVERYBODY - {"nobody"},
    "security.page": EVERYBODY - {"nobody"},
    "security.password": EVERYBODY - {"nobody"},
    "security.set_up": EVERYBODY - {"nobody"},
    "administration.index": set(),
    "administration.pathway": set(),
    "assessments.compare": {"screener", "lead", "manager", "service_manager"},
    "assessments.printed": {"screener", "lead", "manager", "service_manager"},
    "assessments.read": {"screener", "lead", "manager", "service_manager"},
    "assessments.section": {"screener", "lead", "manager", "service_manager"},
    "assessments.section_list": {"screener", "lead", "manager", "service_manager"},
    "assessments.submit": {"screener", "lead", "manager", "service_manager"},
    "api_reference": EVERYBODY,
    "authorising.decide": {"manager", "service_manager"},
    "authorising.queue": {"manager", "service_manager"},
    "calendar.close": set(),
    "calendar.move": set(),
    "calendar.moves": set(),
    "calendar.page": set(),
    "calendar.reopen": set(),
    "cases.act": {"screener", "lead", "manager", "service_manager"},
    "cases.clock": {"screener", "lead", "manager", "service_manager"},
    "cases.page": {"screener", "lead", "manager", "service_manager"},
    "cases.record": {"screener", "lead", "manager", "service_manager"},
    "cases.record_pdf": {"screener", "lead", "manager", "service_manager"},
    "directory.ask": {"screener", "lead", "manager", "service_manager"},
    "directory.case_sheet": {"screener", "service_manager"},
    "directory.case_sheet_pdf": {"screener", "service_manager"},
    "directory.chosen": {"screener", "lead", "manager", "service_manager"},
    "directory.email_sheet": {"screener", "lead", "manager", "service_manager"},
    "directory.put_on_list": {"screener", "lead", "manager", "service_manager"},
    "directory.search": {"screener", "lead", "manager", "service_manager"},
    "directory.service": {"screener", "lead", "manager", "service_manager"},
    "directory.sheet": {"screener", "lead", "manager", "service_manager"},
    "directory.sheet_pdf": {"screener", "lead", "manager", "service_manager"},
    "exports.annex_a": {"service_manager", "analyst"},
    "exports.annex_a_gaps": {"service_manager", "analyst"},
    "exports.annex_a_workbook": {"service_manager", "analyst"},
    "exports.event_log": {"service_manager", "analyst"},
    "exports.events": {"service_manager", "analyst"},
    "exports.ssd": {"service_manager", "analyst"},
    "exports.ssd_gaps": {"service_manager", "analyst"},
    "exports.ssd_tables": {"service_manager", "analyst"},
    "front_door.answers": {"screener", "manager", "service_manager"},
    "front_door.checks": {"screener", "manager", "service_manager"},
    "front_door.decide_held": {"screener"},
    "front_door.held": {"screener", "manager", "service_manager"},
    "imports.decide": set(),
    "imports.page": set(),
    "imports.preview": set(),
    "imports.upload": set(),
    "services.decide": set(),
    "services.page": set(),
    "services.preview": set(),
    "services.read": set(),
    "services.report": set(),
    "front_door.claim": {"screener", "manager", "service_manager"},
    "front_door.discard": {"screener", "manager", "service_manager"},
    "front_door.keep": {"screener", "manager", "service_manager"},
    "front_door.queue": {"screener", "manager", "service_manager"},
    "front_door.release": {"screener", "manager", "service_manager"},
    "front_door.take_over": {"screener", "manager", "service_manager"},
    "front_door.new_contact": {"screener"},
    "front_door.search": {"screener", "manager", "service_manager"},
    "front_door.new_step_down": {"screener", "manager"},
    "glass.page": {"manager", "service_manager"},
    "health.metrics": EVERYBODY,
    "health.page": EVERYBODY,
    "kept_work.discard": set(),
    "kept_work.page": set(),
    "kept_work.send": set(),
    "management.acknowledge_alert": {"manager", "service_manager"},
    "management.alert_list": {"manager", "service_manager"},
    "management.count_now": {"manager", "service_manager"},
    "management.dashboard_page": {"manager", "service_manager"},
    "management.waiting": {"manager", "service_manager"},
    "messages.again": set(),
    "messages.page": set(),
    "my_cases.acknowledge_alert": {"lead"},
    "my_cases.alert_list": {"lead"},
    "my_cases.mine": {"lead"},
    "diary.end": {"lead"},
    "diary.feed": EVERYBODY,
    "diary.make": {"lead"},
    "diary.page": {"lead"},
    "openapi": EVERYBODY,
    "public.check": EVERYBODY,
    "public.danger": EVERYBODY,
    "public.delete": EVERYBODY,
    "public.question": EVERYBODY,
    "public.receipt": EVERYBODY,
    "public.send": EVERYBODY,
    "public.sent": EVERYBODY,
    "public.start": EVERYBODY,
    "scorecard.add_weekly": {"service_manager"},
    "scorecard.behind_figure": {"manager", "service_manager", "analyst"},
    "scorecard.cases": {"manager", "service_manager"},
    "scorecard.commentary": {"manager", "service_manager"},
    "scorecard.download": {"manager", "service_manager", "analyst"},
    "scorecard.end_weekly": {"service_manager"},
    "scorecard.measures": {"manager", "service_manager", "analyst"},
    "scorecard.page": {"manager", "service_manager", "analyst"},
    "scorecard.targets": {"service_manager"},
    "scorecard.weekly": {"service_manager"},
    "audits.draw": {"manager", "service_manager"},
    "audits.grade": {"manager", "service_manager"},
    "audits.grade_page": {"manager"},
    "audits.graded": {"manager", "service_manager"},
    "audits.new": {"manager", "service_manager"},
    "audits.page": {"manager", "service_manager"},
    "audits.report": {"manager", "service_manager"},
    "audits.sample": {"manager", "service_manager"},
    "management.answer": {"manager", "service_manager"},
    "management.case_list": {"manager", "service_manager"},
    "management.caseload_file": {"manager", "service_manager"},
    "management.caseload_page": {"manager", "service_manager"},
    "management.data_quality": {"manager", "service_manager"},
    "management.data_quality_list": {"manager", "service_manager"},
    "management.feedback_list": {"manager", "service_manager"},
    "management.feedback_page": {"manager", "service_manager"},
    "management.flow_cases": {"manager", "service_manager"},
    "management.flow_page": {"manager", "service_manager"},
    "management.move_cases": {"manager", "service_manager"},
    "management.new_feedback": {"manager", "service_manager"},
    "management.record": {"manager", "service_manager"},
    "management.time_limit_list": {"manager", "service_manager"},
    "management.worker_cases": {"manager", "service_manager"},
    "management.worker_cases_behind": {"manager", "service_manager"},
    "management.worker_timeliness": {"manager", "service_manager"},
    "my_timeliness.cases": {"lead"},
    "my_timeliness.page": {"lead"},
    "teams.change_rules": set(),
    "teams.change_team": set(),
    "teams.change_worker": set(),
    "teams.page": set(),
    "teams.rules": set(),
    "teams.team": set(),
    "teams.worker": set(),
    "static": EVERYBODY,
    "step_ups.inbox": {"manager", "service_manager"},
    "why.case": {"screener", "lead", "manager", "service_manager"},
    "why.person_record": {"screener", "lead", "manager", "service_manager"},
    "retention.delete": set(),
    "retention.hold": set(),
    "retention.page": set(),
    "webhooks.add": set(),
    "webhooks.again": set(),
    "webhooks.end": set(),
    "webhooks.log": set(),
    "webhooks.new": set(),
    "webhooks.page": set(),
    "case_access.page": {"screener", "lead", "manager", "service_manager"},
    "case_access.restriction": {"manager", "service_manager"},
    "case_access.withdraw": {"screener", "lead", "manager", "service_manager"},
    "chronology.page": {"screener", "lead", "manager", "service_manager"},
    "chronology.printed": {"screener", "lead", "manager", "service_manager"},
    "meetings.cancel": {"lead", "manager", "service_manager"},
    "meetings.hold": {"lead"},
    "meetings.page": {"screener", "lead", "manager", "service_manager"},
    "meetings.plan": {"lead", "manager", "service_manager"},
    "notes.correct": {"lead", "manager", "service_manager"},
    "notes.file": {"screener", "lead", "manager", "service_manager"},
    "notes.flag": {"lead", "manager", "service_manager"},
    "notes.new": {"lead", "manager", "service_manager"},
    "notes.page": {"screener", "lead", "manager", "service_manager"},
    "notes.strike": {"lead", "manager", "service_manager"},
    "notes.unflag": {"lead", "manager", "service_manager"},
    "people.correct": {"service_manager"},
    "people.different": {"service_manager"},
    "people.duplicates": {"service_manager"},
    "people.matches": {"screener", "manager"},
    "people.merge": {"service_manager"},
    "people.page": {"screener", "lead", "manager", "service_manager"},
    "people.undo": {"service_manager"},
    "pathways.all_pathways": set(),
    "pathways.move": set(),
    "pathways.picture": set(),
    "pathways.publish": set(),
    "pathways.versions": set(),
    "reads.download": set(),
    "reads.name_reader": set(),
    "reads.page": set(),
    "reads.unusual": set(),
    "replays.ask": set(),
    "replays.one": set(),
    "plans.action": {"screener", "lead", "manager", "service_manager"},
    "plans.change": {"lead", "manager", "service_manager"},
    "plans.family_copy": {"screener", "lead", "manager", "service_manager"},
    "plans.family_pdf": {"screener", "lead", "manager", "service_manager"},
    "plans.goal_reached": {"lead", "manager", "service_manager"},
    "plans.goal_struck": {"lead", "manager", "service_manager"},
    "plans.new_action": {"lead", "manager", "service_manager"},
    "plans.new_goal": {"lead", "manager", "service_manager"},
    "plans.page": {"screener", "lead", "manager", "service_manager"},
    "plans.progress": {"screener", "lead", "manager", "service_manager"},
    "plans.strike": {"lead", "manager", "service_manager"},
}
"""Who may pass the door of each page. A route that is not here, or is open to others, fails the test."""
REDIRECTS = {
    "account.start",
    "account.sign_in",
    "second_step.page",
    "passkeys.ask",
    "security.set_up",
    "single_sign_on.arrived",
    "single_sign_on.start",
    "notes.file",
    "assessments.section",
    "assessments.submit",
    "authorising.decide",
    "cases.act",
} | {
    "directory.sheet",
    "directory.sheet_pdf",
    "people.merge",
    "people.undo",
    "public.check",
    "public.sent",
}
"""Pages that send on whoever may open them: to their start, or back to a case that has moved on."""


@pytest.fixture
def engine(sqlite_url: Callable[[], str]) -> Iterator[Engine]:
    """Who may pass a door is no matter of the database: SQLite alone."""
    engine = connect(sqlite_url())
    yield engine
    engine.dispose()


@pytest.fixture
def council(engine: Engine) -> Council:
    return council_in(engine)


@pytest.fixture
def app(engine: Engine, council: Council, tmp_path: Path) -> Flask:
    return app_of(engine, council, tmp_path)


def app_of(engine: Engine, council: Council, tmp_path: Path) -> Flask:
    settings = Settings(
        database_url=str(engine.url), instance_path=tmp_path, secure_cookies=False, secret_key="k" * 40
    )
    app = create_app(settings, engine, lambda: NOW)
    app.config["WTF_CSRF_ENABLED"] = False
    with transaction(engine) as connection:
        for person in council.people.values():
            assert person.id is not None
            set_password(connection, user_id=person.id, password=PASSWORD, hasher=CHEAPEST)
    return app


def signed_in(app: Flask, who: str) -> FlaskClient:
    client = app.test_client()
    if who != "nobody":
        answer = client.post("/sign-in", data={"email": f"{who}@council.example", "password": PASSWORD})
        assert answer.status_code == 302
    return client


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    statements: list[str] = []

    def note(_c: object, _u: object, statement: str, *_: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_every_route_is_filed_under_who_may_open_it(app: Flask) -> None:
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if not rule.endpoint.startswith("api.")}
    assert pages - set(PLACES) == set(), "state in PLACES who may open the new page"


def test_every_view_states_its_permission(app: Flask) -> None:
    unstated = [
        name
        for name, view in app.view_functions.items()
        if name != "static" and not getattr(view, "permission", None)
    ]
    assert unstated == []


def filled_council(connection: Connection) -> tuple[Council, Filled]:
    council = found_council(connection)
    return council, filled(connection, council, now=NOW)


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_each_door_opens_to_those_it_is_filed_for(engine: Engine, tmp_path: Path, who: str) -> None:
    with transaction(engine) as connection:
        council, there = lived_once(connection, filled_council)
    app = app_of(engine, council, tmp_path)
    client = signed_in(app, who)
    there.give_reasons(client)
    for rule in pages(app):
        if rule.endpoint not in PLACES:
            continue
        address = there.address(app, rule)
        status = client.get(address).status_code
        opens = status in {200, 503} or (status == 302 and rule.endpoint in REDIRECTS)
        if who == "nobody" and who not in PLACES[rule.endpoint]:
            assert status == 302, address
        else:
            assert opens == (who in PLACES[rule.endpoint]), f"{who} {address}: {status}"


def test_who_is_not_signed_in_comes_back_to_the_page_they_wanted(app: Flask) -> None:
    client = signed_in(app, "nobody")
    answer = client.get("/management/alerts?status=open")
    assert answer.headers["Location"] == "/sign-in?next=/management/alerts"
    form = {"email": "manager@council.example", "password": PASSWORD}
    assert client.post(answer.headers["Location"], data=form).headers["Location"] == ("/management/alerts")


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_signing_in_never_leads_to_another_site(app: Flask, target: str) -> None:
    form = {"email": "manager@council.example", "password": PASSWORD}
    answer = app.test_client().post("/sign-in", query_string={"next": target}, data=form)
    assert answer.headers["Location"] == "/"


def test_the_history_names_people_and_teams(app: Flask, council: Council) -> None:
    with transaction(app.extensions["earlyhelp"].engine) as connection:
        reference = allocated(connection, council)
    page = signed_in(app, "manager").get(f"/cases/{reference}").text
    assert "lead@council.example" not in page
    assert council["lead"].name in page


def test_an_unreadable_date_is_told_with_every_other_fault(app: Flask, council: Council) -> None:
    with transaction(app.extensions["earlyhelp"].engine) as connection:
        reference = allocated(connection, council)
    client = signed_in(app, "lead")
    form = {
        "version": "4",
        "childs_voice": "Likes <script>alert(1)</script> football",
        "occurred_at-day": "31",
        "occurred_at-month": "2",
        "occurred_at-year": "2026",
    }
    answer = client.post(f"/cases/{reference}/actions/record_first_contact", data=form)
    assert answer.status_code == 422
    assert "There is a problem" in answer.text
    for question in ("#how-1", "#child_seen-1", "#occurred_at-day"):
        assert f'href="{question}"' in answer.text
    assert "Likes &lt;script&gt;" in answer.text
    assert "<script>alert" not in answer.text


def test_somebody_elses_change_is_said_and_nothing_is_lost(app: Flask, council: Council) -> None:
    with transaction(app.extensions["earlyhelp"].engine) as connection:
        reference = allocated(connection, council)
    form = {"version": "1", "how": "phone", "child_seen": "yes", "childs_voice": "Wants to stay"}
    client = signed_in(app, "lead")
    answer = client.post(f"/cases/{reference}/actions/record_first_contact", data=form)
    assert answer.status_code == 422
    assert "Somebody else changed this case" in answer.text
    assert "Wants to stay" in answer.text
    current = answer.text.partition('name="version" value="')[2].partition('"')[0]
    again = client.post(f"/cases/{reference}/actions/record_first_contact", data={**form, "version": current})
    assert again.status_code == 302


def test_a_session_ends_after_two_idle_hours(engine: Engine, council: Council, tmp_path: Path) -> None:
    moment = [NOW]
    settings = Settings(
        database_url=str(engine.url), instance_path=tmp_path, secure_cookies=False, secret_key="k" * 40
    )
    app = create_app(settings, engine, lambda: moment[0])
    app.config["WTF_CSRF_ENABLED"] = False
    person_id = council["manager"].id
    assert person_id is not None
    with transaction(engine) as connection:
        set_password(connection, user_id=person_id, password=PASSWORD)
    client = signed_in(app, "manager")
    moment[0] = NOW + timedelta(hours=1, minutes=59)
    assert client.get("/management").status_code == 200
    moment[0] += timedelta(hours=1, minutes=59)
    assert client.get("/management").status_code == 200
    moment[0] += timedelta(hours=2, minutes=1)
    assert client.get("/management").status_code == 302


def test_no_session_outlives_twelve_hours(app: Flask, council: Council) -> None:
    client = signed_in(app, "manager")
    with client.session_transaction() as session:
        session["since"] = (NOW - timedelta(hours=12, minutes=1)).isoformat()
    assert client.get("/management").status_code == 302


def test_opening_a_case_is_written_down_and_nothing_else_is(app: Flask, council: Council) -> None:
    engine = app.extensions["earlyhelp"].engine
    with transaction(engine) as connection:
        reference = allocated(connection, council)
    client = signed_in(app, "manager")
    with engine.connect() as connection:
        before = connection.exec_driver_sql("SELECT count(*) FROM access_log").scalar_one()
    client.get(f"/cases/{reference}")
    client.get("/cases/EH-222-2222")
    with engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT what, user_id FROM access_log ORDER BY id").all()
    assert len(rows) == before + 1
    assert tuple(rows[-1]) == ("case", council["manager"].id)


def test_pages_are_not_kept_and_run_no_foreign_script(app: Flask) -> None:
    answer = app.test_client().get("/sign-in")
    assert answer.headers["Cache-Control"] == "no-store"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_answer_is_given_only_under_the_names_of_this_service(
    engine: Engine, council: Council, tmp_path: Path
) -> None:
    settings = Settings(
        database_url=str(engine.url), instance_path=tmp_path, allowed_hosts=("help.example.gov.uk",)
    )
    client = create_app(settings, engine, lambda: NOW).test_client()
    assert client.get("/sign-in", base_url="https://help.example.gov.uk").status_code == 200
    assert client.get("/sign-in", base_url="https://evil.example").status_code == 400


def test_a_post_without_its_token_is_refused(app: Flask) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    form = {"email": "manager@council.example", "password": PASSWORD}
    answer = app.test_client().post("/sign-in", data=form)
    assert answer.status_code == 400
    assert "Please send that again" in answer.text
