"""A scripted attacker: each attack as it would be made, and each one failing. docs/threat-model.md names them."""

import io
import logging
import re
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import argon2
import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import IntegrityError

from earlyhelp.filing import Store
from earlyhelp.openreferral import FeedRefused
from earlyhelp.openreferral.fetching import fetch
from earlyhelp.outbound.channel import Letter, Undeliverable
from earlyhelp.outbound.smtp import SmtpChannel
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.organisation import Team
from earlyhelp.spreadsheets import Limits, SpreadsheetRefused, read_spreadsheet
from tests.attacks.conftest import HOST, Browser, Target
from tests.attacks.reading import forms_in, token_in
from tests.casework.watched_cases import allocated, contact
from tests.filing.test_files import damaged
from tests.web.watched_site import PASSWORD

PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
MORE = {
    "state": "closed",
    "is_open": "0",
    "restricted": "1",
    "team_id": "1",
    "reference": "EH-1",
    "role": "administrator",
}
"""Columns that no form and no body has."""
CHILD = {
    "given_name": "Jory",
    "family_name": "Bodmin",
    "date_of_birth": "2019-05-04",
    "gender": "male",
    "ethnicity": "WBRI",
    "disabled": False,
}
CONTACT = {
    "source": "3A",
    "channel": "telephone",
    "agreement": "given",
    "presenting_needs": [],
    "worries": "He is late every day",
    "strengths": "He likes school",
    "referrer": {"name": "Head", "organisation": "School"},
    "children": [CHILD],
}


def counts(target: Target) -> list[int]:
    with reading(target.engine) as connection:
        tables = ("events", "cases", "case_notes", "journal", "users", "user_roles")
        return [connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() for table in tables]


# Other people's records


def test_somebody_elses_case_and_what_hangs_on_it_are_not_found(target: Target) -> None:
    """IDOR: the references and numbers are right, the person is not."""
    other, desk = target.signed_in("south_manager"), target.desk
    csrf = token_in(other.get("/account/security").text)
    before = counts(target)
    for path in (
        "",
        "/notes",
        "/plan",
        "/chronology",
        "/meetings",
        f"/notes/files/{desk.file_id}",
        "/access",
    ):
        assert other.get(f"/cases/{desk.reference}{path}").status_code in {403, 404}, path
        answer = other.post(f"/cases/{desk.reference}{path}", data={"csrf_token": csrf, "text": "mine"})
        assert answer.status_code in {403, 404, 405}, path
    assert other.get(f"/people/{desk.public_id}").status_code in {403, 404}
    assert counts(target) == before


def test_a_move_of_many_cases_takes_none_that_is_not_theirs(target: Target) -> None:
    """IDOR in a list: one case of theirs and one of another team's, by a manager who may move the first."""
    with transaction(target.engine) as connection:
        theirs = allocated(connection, target.council, surname="South")
        south = select(Team.id).where(Team.key == "south").scalar_subquery()
        connection.execute(update(Case).where(Case.reference == theirs).values(team_id=south))
        held = select(Case.reference, Case.version, Case.lead_professional_id).order_by(Case.id)
        before = connection.execute(held).all()
    manager, lead = target.signed_in("south_manager"), target.council["lead"].id
    assert manager.get(f"/cases/{theirs}").status_code == 200
    boxes = {row.reference: f"{row.reference}:{row.version}" for row in before}
    asked = {"lead_professional": "other_lead@council.example", "reason": "Mine now", "confirmed": "1"}
    asked["csrf_token"] = token_in(manager.get("/account/security").text)
    answer = manager.post(
        f"/management/caseload/{lead}", data={**asked, "case": [boxes[theirs], boxes[target.reference]]}
    )
    assert (answer.status_code, "not yours to see" in answer.text) == (422, True)
    with reading(target.engine) as connection:
        assert connection.execute(held).all() == before, "all of them or none"


def test_who_asks_for_what_is_not_theirs_is_in_the_log_without_what_was_named(target: Target) -> None:
    other, number = target.signed_in("south_manager"), target.council["south_manager"].id
    with every_log_line() as lines:
        other.get(f"/cases/{target.reference}")
        other.get("/administration")
        api(target, "GET", f"/cases/{NAMES[0]}")
        target.stranger().get(f"/cases/{target.reference}")
    refused = [line for line in lines if line.startswith("refused: ")]
    assert refused == [
        f"refused: GET /cases/<reference> to account {number}: 404",
        f"refused: GET /administration to account {number}: 403",
        f"refused: GET /api/v1/cases/<reference> to account {target.council['screener'].id}: 404",
    ]


def test_what_the_form_does_not_ask_is_not_written(target: Target) -> None:
    """Mass assignment by a page: the fields are sent, and nobody looks at them."""
    with reading(target.engine) as connection:
        before = connection.execute(select(Case).where(Case.reference == target.reference)).one()
    lead = target.signed_in("lead")
    page = f"/cases/{target.reference}/actions/record_contact_attempt"
    form = forms_in(lead.get(page).text, page)[0]
    lead.post(form.address, data={**form.fields, **MORE})
    with reading(target.engine) as connection:
        after = connection.execute(select(Case).where(Case.reference == target.reference)).one()
    for name in ("state", "is_open", "restricted", "team_id", "reference"):
        assert getattr(after, name) == getattr(before, name), name


def test_what_a_body_does_not_name_is_refused_and_nothing_of_it_written(target: Target) -> None:
    """Mass assignment by the API, of an action and of a contact; without what is too much, the same is taken."""
    with transaction(target.engine) as connection:
        waiting = contact(connection, target.council, surname="Bodmin")
    path, before = f"/cases/{waiting}/actions/close_no_further_action", counts(target)
    decision = {"level_of_need": "universal", "rationale": "The school meets every need that was told"}
    for name, value in MORE.items():
        for body in (
            {"version": 1, "fields": decision, name: value},
            {"version": 1, "fields": {**decision, name: value}},
        ):
            answer = api(target, "POST", path, json=body)
            assert (answer.status_code, name in str(answer.json["errors"])) == (422, True), body
        for inside in ({name: value}, {"children": [{**CHILD, name: value}]}):
            answer = api(target, "POST", "/contacts", json={**CONTACT, **inside})
            assert (answer.status_code, name in str(answer.json["errors"])) == (422, True), inside
    assert counts(target) == before
    assert api(target, "POST", path, json={"version": 1, "fields": decision}).status_code == 200
    assert api(target, "POST", "/contacts", json=CONTACT).status_code == 201


def api(target: Target, method: str, path: str, **more: Any) -> Any:
    headers = {"Authorization": f"Bearer {target.token}"}
    return target.stranger().open(f"/api/v1{path}", method=method, headers=headers, **more)


# Sessions


def test_a_form_of_another_site_is_refused(target: Target) -> None:
    """CSRF: no token, somebody else's token, another site's referrer; on every page that takes a form."""
    lead = target.signed_in("lead")
    strange = token_in(target.stranger().get("/sign-in").text)
    before, tried = counts(target), 0
    for rule in target.app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()) or rule.rule.startswith("/api/") or rule.endpoint == UNSIGNED:
            continue
        address = re.sub(r"<(?:any\((\w+)[^)]*\))?[^>]*>", lambda part: part[1] or "1", rule.rule)
        assert lead.post(address, data={"csrf_token": strange}).status_code in {400, 404}, rule.rule
        tried += 1
    token = token_in(lead.get("/account/security").text)
    elsewhere = lead.post(
        "/sign-out", data={"csrf_token": token}, headers={"Referer": "https://evil.example/"}
    )
    assert elsewhere.status_code == 400
    assert tried > 50
    assert counts(target) == before


UNSIGNED = "single_sign_on.signed_out"
"""Comes from the identity provider's server, which signs what it says."""


def test_a_cookie_does_not_open_the_api_nor_a_token_the_pages(target: Target) -> None:
    assert target.signed_in("screener").get("/api/v1/cases").status_code == 401
    headers = {"Authorization": f"Bearer {target.token}"}
    assert target.stranger().get("/front-door", headers=headers).status_code == 302


def test_a_session_planted_beforehand_is_worth_nothing(target: Target) -> None:
    """Session fixation: what was in the cookie before signing in is not in it after, and a stolen one ends."""
    victim = target.stranger()
    with victim.session_transaction(base_url=f"https://{HOST}") as session:
        session["planted"], session["_user_id"] = "by the attacker", "1:1"
    assert victim.get("/front-door").status_code == 302
    token = token_in(victim.get("/sign-in").text)
    victim.post(
        "/sign-in", data={"email": "screener@council.example", "password": PASSWORD, "csrf_token": token}
    )
    with victim.session_transaction(base_url=f"https://{HOST}") as session:
        assert "planted" not in session
        stolen = dict(session)
    token = token_in(victim.get("/account/security").text)
    assert victim.post("/sign-out", data={"csrf_token": token}).status_code == 302
    thief = target.stranger()
    with thief.session_transaction(base_url=f"https://{HOST}") as session:
        session.update(stolen)
    assert thief.get("/front-door").headers["Location"].startswith("/sign-in")


def test_an_unknown_address_costs_as_much_work_as_a_wrong_password(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Timing of sign-in, counted in hashes: they are what takes time, and a clock would judge this machine."""
    hashed: list[str] = []
    whole = argon2.PasswordHasher.verify

    def counted(self: argon2.PasswordHasher, known: str, password: str) -> bool:
        hashed.append(known.split("$")[3])
        return bool(whole(self, known, password))

    monkeypatch.setattr(argon2.PasswordHasher, "verify", counted)
    answers = []
    for email in ("lead@council.example", "nobody@council.example", "", "x" * 5000):
        visitor = target.stranger()
        token = token_in(visitor.get("/sign-in").text)
        form = {"email": email, "password": "wrong, and long enough", "csrf_token": token}
        answer = visitor.post("/sign-in", data=form)
        answers.append(
            (answer.status_code, answer.text.count("not right") + answer.text.count("There is a problem"))
        )
    assert len(set(answers)) == 1
    assert len(hashed) == 4, "one hash each, whoever it is"


# Doors to other systems


@pytest.mark.parametrize(
    ("address", "stands_for"),
    [
        ("http://localhost:1/services", "127.0.0.1"),
        ("http://metadata.example/latest", "169.254.169.254"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://intranet.council.example/", "10.0.0.7"),
        ("file:///etc/passwd", ""),
        ("gopher://127.0.0.1/", ""),
    ],
)
def test_a_feed_s_address_does_not_reach_our_own_network(
    address: str, stands_for: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSRF through the directory's address, whatever way the address is written in."""

    def resolved(_host: str, port: int, **_more: object) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (stands_for, port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with pytest.raises(FeedRefused):
        fetch(address)


def test_a_strange_name_of_the_host_is_not_answered(target: Target) -> None:
    for host in ("evil.example", f"{HOST}.evil.example", f"{HOST}@evil.example"):
        assert (
            target.stranger().get("/sign-in", base_url="https://x", headers={"Host": host}).status_code == 400
        )


def test_no_page_sends_anybody_to_another_site(target: Target) -> None:
    """Open redirect, by what follows signing in and by every page that takes `next`."""
    for there in (
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "\t//evil.example",
        "/\t/evil.example",
        "/\r\nLocation: https://evil.example",
        "javascript:x",
    ):
        visitor = target.stranger()
        token = token_in(visitor.get("/sign-in").text)
        form = {"email": "lead@council.example", "password": PASSWORD, "csrf_token": token, "next": there}
        answer = visitor.post("/sign-in", query_string={"next": there}, data=form)
        assert answer.headers["Location"] == "/", there


def test_a_letter_s_heads_cannot_be_written_by_what_is_in_it() -> None:
    """Header injection in mail."""
    channel = SmtpChannel("127.0.0.1", 25, "earlyhelp@council.example")
    subject = "Hello\r\nBcc: all@evil.example\n\nWords"
    message = channel._message(Letter("k\r\nX-Evil: 1", "lead@council.example", subject, "Body", False))
    assert set(message) == {
        *("From", "To", "Subject", "Message-ID", "Auto-Submitted"),
        *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
    }
    heads = message.as_bytes().split(b"\r\n\r\n")[0]
    assert b"\r\nBcc" not in heads
    assert b"\r\nX-Evil" not in heads
    for address in ("lead@council.example\r\nBcc: all@evil.example", "a@b.example, c@d.example", "<a@b>"):
        with pytest.raises(Undeliverable):
            channel.send(Letter("k", address, "Hello", "Body", False))


# Files


def packed(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return out.getvalue()


ENTITIES = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY f SYSTEM "file:///etc/passwd">]><worksheet><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&b;&f;</t></is>
</c></row></sheetData></worksheet>"""


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (packed(xl__worksheets__sheet1_xml=b"0" * 25_000_000), "unpacked it is larger"),
        (packed(xl__worksheets__sheet1_xml=ENTITIES, xl__workbook_xml=ENTITIES), "cannot be read"),
        (damaged(zipfile.ZIP_LZMA), "it is damaged"),
    ],
    ids=["zip bomb", "entities in a sheet", "a part that cannot be unpacked"],
)
def test_a_hostile_spreadsheet_is_refused_and_reads_nothing(content: bytes, why: str) -> None:
    with pytest.raises(SpreadsheetRefused, match=why) as refused:
        read_spreadsheet(content, known=lambda _name: False, limits=Limits(unpacked_bytes=20_000_000))
    assert "root:" not in str(refused.value)


def test_an_attachment_s_name_is_no_path(target: Target) -> None:
    """Path traversal: what is typed is never part of a path, and comes back as a plain name."""
    lead = target.signed_in("lead")
    page = f"/cases/{target.desk.reference}/notes/new"
    form = next(form for form in forms_in(lead.get(page).text, page) if "files" in form.fields)
    for number, name in enumerate(
        ("../../../evil.pdf", "..\\..\\evil.pdf", "/etc/cron.d/evil.pdf", 'e"\r\nX: y.pdf')
    ):
        data = {**form.fields, "files": (io.BytesIO(PDF + str(number).encode()), name)}
        data["words"] = "With a file"
        assert lead.post(form.address, data=data, content_type="multipart/form-data").status_code == 302
    assert not list(target.folder.parent.rglob("*evil*"))
    with reading(target.engine) as connection:
        kept = connection.execute(text("SELECT id, name FROM note_files ORDER BY id")).all()
    names = [row.name for row in kept]
    last = f"notes/files/{kept[-1].id}"
    mine = lead.get(f"/cases/{target.desk.reference}/{last}")
    assert mine.headers["Content-Disposition"].startswith("attachment; filename=")
    assert lead.get(f"/cases/{target.reference}/{last}").status_code == 404, "found by its own case only"
    other = target.signed_in("south_manager")
    assert other.get(f"/cases/{target.desk.reference}/{last}").status_code == 404
    assert not [name for name in names if set(name) & set('/\\\r\n"')]
    for digest in ("../../secret", "/etc/passwd", "a" * 63, "A" * 64):
        with pytest.raises(ValueError, match="not a digest"):
            Store(target.folder).read(digest)


def test_more_than_a_form_holds_is_refused(target: Target) -> None:
    token = {"csrf_token": token_in(target.stranger().get("/sign-in").text)}
    big = target.stranger().post("/sign-in", data={**token, "email": "x" * 2_100_000})
    assert big.status_code == 413
    many = target.stranger().post(
        "/sign-in",
        data={**token, **{f"f{n}": io.BytesIO(b"") and "x" for n in range(2100)}},
        content_type="multipart/form-data",
    )
    assert many.status_code in {400, 413}


# What every answer carries, and what none does


def test_every_kind_of_answer_carries_the_defences(target: Target) -> None:
    lead = target.signed_in("lead")
    for answer in (
        lead.get(f"/cases/{target.reference}"),
        lead.get("/nowhere"),
        target.stranger().get("/sign-in"),
        target.stranger().post("/sign-in"),
        target.stranger().get("/static/app.css"),
        api(target, "GET", "/cases"),
        api(target, "GET", "/cases/EH-222-2222"),
    ):
        heads = answer.headers
        policy = dict(
            part.strip().partition(" ")[::2] for part in heads["Content-Security-Policy"].split(";")
        )
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["form-action"] == policy["style-src"] == "'self'"
        assert "unsafe" not in heads["Content-Security-Policy"]
        assert heads["Strict-Transport-Security"].startswith("max-age=63072000")
        assert (heads["X-Frame-Options"], heads["X-Content-Type-Options"]) == ("DENY", "nosniff")
        assert heads["Referrer-Policy"] == "same-origin"
        assert "geolocation=()" in heads["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in heads
        if "static" not in answer.request.path:
            assert heads["Cache-Control"] == "no-store"
        answer.close()
        for cookie in heads.getlist("Set-Cookie"):
            assert cookie.startswith("__Host-"), "another name of the council's domain could plant it"
            assert {"Secure", "HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}, (
                cookie
            )


def test_an_error_of_ours_tells_neither_code_nor_settings_nor_what_was_typed(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on the page, and in the log only where it happened: the words of an error may name a child."""

    def broken(*_: object, **__: object) -> None:
        try:
            with transaction(target.engine) as connection:
                connection.execute(insert(Team).values(name=NAMES[0], key="south", kind=NAMES[1]))
        except IntegrityError as fault:
            raise RuntimeError(f"secret {'k' * 40} of {NAMES[0]}") from fault

    lead = target.signed_in("lead")
    monkeypatch.setitem(target.app.view_functions, "cases.page", permitted_as_before(target, broken))
    with every_log_line() as lines:
        answer = lead.get(f"/cases/{target.reference}")
    assert answer.status_code == 500
    assert "kkkk" not in answer.text
    assert "Traceback" not in answer.text
    logged = "\n".join(line for line in lines if "request failed" in line)
    assert "RuntimeError" in logged
    assert "IntegrityError" in logged
    assert "test_scripted_attacker.py" in logged
    assert [word for word in ("kkkk", *NAMES) if word in "\n".join(lines)] == []
    with pytest.raises(IntegrityError) as refused, transaction(target.engine) as connection:
        connection.execute(insert(Team).values(name=NAMES[0], key="south", kind=NAMES[1]))
    assert NAMES[0] not in str(refused.value)


def permitted_as_before(target: Target, view: Any) -> Any:
    view.permission = target.app.view_functions["cases.page"].permission  # type: ignore[attr-defined]
    return view


NAMES = ("Zephyrine", "Quillfeather", "9434765919", "Rue-Morgue-Strasse", "Zephyrine told")


def test_no_name_that_was_typed_is_in_an_address_or_a_log(target: Target) -> None:
    """A journey with every log line kept: recording, opening, searching, failing, and the API."""
    screener = target.signed_in("screener")
    child = {
        "given_name": NAMES[0],
        "family_name": NAMES[1],
        "date_of_birth": "2019-05-04",
        "gender": "female",
        "ethnicity": "WBRI",
        "disabled": False,
        "nhs_number": NAMES[2],
        "address": NAMES[3],
    }
    body = {
        "source": "3A",
        "channel": "telephone",
        "agreement": "given",
        "presenting_needs": [],
        "worries": NAMES[4],
        "strengths": "x",
        "referrer": {"name": NAMES[1], "organisation": "School"},
        "children": [child],
    }
    with every_log_line() as lines:
        addresses = []
        made = api(target, "POST", "/contacts", json=body)
        assert made.status_code == 201, made.text
        reference = made.json["reference"]
        api(target, "POST", "/contacts", json={**body, "children": [{**child, "gender": NAMES[0]}]})
        page = screener.get(f"/cases/{reference}")
        assert NAMES[0] in page.text
        for form in forms_in(screener.get("/front-door/contacts/new").text, "/front-door/contacts/new"):
            told = {name: NAMES[0] if "name" in name else value for name, value in form.fields.items()}
            addresses.append(screener.post(form.address, data=told).headers.get("Location", ""))
        target.stranger().post("/sign-in", data={"email": f"{NAMES[0]}@x.example", "password": NAMES[1]})
        addresses.append(f"/cases/{reference}")
    for name in NAMES:
        assert name not in "\n".join([*lines, *addresses]), name
        assert name.lower() not in "\n".join(addresses).lower()


@contextmanager
def every_log_line() -> Iterator[list[str]]:
    """All that any logger says, the database's statements with them, as they would be written."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    root, kept = logging.getLogger(), Kept()
    level = root.level
    root.addHandler(kept)
    root.setLevel(logging.INFO)
    try:
        yield lines
    finally:
        root.removeHandler(kept)
        root.setLevel(level)


def test_a_visitor_s_guess_is_barred_after_ten(target: Target) -> None:
    visitor: Browser = target.stranger()  # type: ignore[assignment]
    token = token_in(visitor.get("/sign-in").text)
    form = {
        "email": "service_manager@council.example",
        "password": "wrong, and long enough",
        "csrf_token": token,
    }
    claimed = [{"X-Forwarded-For": f"203.0.113.{n}", "Forwarded": f"for=203.0.113.{n}"} for n in range(11)]
    statuses = [visitor.post("/sign-in", data=form, headers=heads).status_code for heads in claimed]
    assert statuses == [401] * 10 + [429], "whatever address the visitor claims to come from"
