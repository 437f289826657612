"""A few families whose half year the lists must tell rightly. `python -m tests.insight.statutory.story` writes the
golden workbook anew: look at it cell by cell before you commit it."""

import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, insert, update

from earlyhelp.casework.intake import open_case
from earlyhelp.casework.restricting import restrict_case
from earlyhelp.exporting.annex_a import write_annex_a
from earlyhelp.insight.statutory.checking import checked
from earlyhelp.permissions import SYSTEM
from earlyhelp.places import workflows
from earlyhelp.records.base import Base
from earlyhelp.records.database import connect, reading, transaction
from earlyhelp.records.organisation import Agency, User
from earlyhelp.records.reference import CodeEntry, CodeList
from tests.casework.watched_cases import Council, act, found_council

ON = date(2026, 9, 1)
"""Six months back is 1 March."""
NOW = datetime(2026, 9, 10, 9, tzinfo=UTC)
GOLDEN = Path(__file__).parent / "golden-annex-a.xlsx"
FIRST_CONTACT = {"how": "home_visit", "child_seen": True, "childs_voice": "Talked about school"}
ASSESSMENT = {
    **dict.fromkeys(
        ("childs_development", "parenting_capacity", "family_and_environment", "strengths"), "As told"
    ),
    **dict.fromkeys(("childs_voice", "parents_views", "proposed_plan"), "As told"),
    "needs": ["education"],
    **dict.fromkeys(
        ("score_childs_development", "score_parenting_capacity", "score_family_and_environment"), 5
    ),
}
WENNA = {
    "given_name": "Wenna",
    "family_name": "Tregenza",
    "date_of_birth": "2016-02-29",
    "gender": "female",
    "ethnicity": "WBRI",
    "disabled": False,
    "upn": "B801200005001",
    "nhs_number": "9434765919",
    "postcode": "WS1 1TP",
    "address": "1 =Quay, “Lower” Street",
    "uprn": "0100071234567",
}
JAGO = {
    "given_name": "=Jago",
    "family_name": "Tregenza",
    "date_of_birth": "2010-09-01",
    "gender": "male",
    "ethnicity": "REFU",
    "disabilities": ["LD", "AUT"],
}
UNBORN = {"family_name": "Tregenza", "expected_birth_on": "2026-10-01", "ethnicity": "NOBT"}
MORWENNA = {"given_name": "Morwenna", "family_name": "Rowe", "gender": "neither", "ethnicity": "CHNE"}
DENZEL = {
    "given_name": "Denzel",
    "family_name": "Penrose",
    "date_of_birth": "2012-01-05",
    "ethnicity": "BCRB",
    "gender": "male",
}


def at(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T10:00:00+00:00")


def told(
    connection: Connection, council: Council, day: str, source: str, children: Sequence[Mapping[str, Any]]
) -> str:
    """A contact of that day; its reference."""
    fields = {
        "source": source,
        "channel": "telephone",
        "presenting_needs": ["N5", "N3"],
        "worries": "Often absent from school",
        "strengths": "Close to her grandmother",
        "agreement": "given",
    }
    opened = open_case(
        connection,
        person=council["screener"],
        children=[dict(child) for child in children],
        fields=fields,
        now=at(day),
    )
    return opened.reference


def stepped_down(connection: Connection, council: Council, day: str, child: Mapping[str, Any]) -> str:
    fields = {
        "from_team": "Assessment team",
        "plan_ended": "CIN",
        "handover_on": day,
        "still_needs": "Help with routines",
        "team": "north",
    }
    opened = open_case(
        connection,
        person=council["manager"],
        children=[dict(child)],
        fields=fields,
        now=at(day),
        action="step_down",
    )
    return opened.reference


def helped(connection: Connection, council: Council, reference: str, *days: str) -> None:
    """Accepted, allocated, reached, assessed and authorised, as far as there are days."""
    steps = (
        ("accept_for_early_help", "screener", ACCEPTED),
        ("allocate_lead_professional", "screener", {"lead_professional": council["lead"].email}),
        ("record_first_contact", "lead", FIRST_CONTACT),
        ("submit_assessment", "lead", ASSESSMENT),
        ("authorise_assessment", "manager", {"comment": "Agreed"}),
    )
    for (action, who, fields), day in zip(steps, days, strict=False):
        act(connection, reference, action, council[who], fields, now=at(day))


ACCEPTED = {"level_of_need": "targeted", "rationale": "Needs several services", "agreement": "given"}
REFERRED = {
    "level_of_need": "specialist",
    "rationale": "May be at risk",
    "urgency": "red",
    "agreement": "given",
}


def referred(
    connection: Connection, council: Council, reference: str, day: str, answer: str, answered: str
) -> None:
    act(connection, reference, "refer_to_social_care", council["screener"], REFERRED, now=at(day))
    fields = {"rationale": "As discussed"} | ({"plan_type": "CIN"} if answer == "accept_step_up" else {})
    act(connection, reference, answer, council["social_care_manager"], fields, now=at(answered))


def live(connection: Connection) -> dict[str, str]:
    """The half year; the reference of each case by what it is."""
    council = found_council(connection)
    _annex_a_codes(connection)
    agency = connection.execute(
        insert(Agency).values(key="school", name="Quay School", kind="education")
    ).inserted_primary_key
    assert agency is not None
    connection.execute(update(User).where(User.id == council["lead"].id).values(agency_id=agency[0]))
    cases: dict[str, str] = {}
    cases["before"] = told(connection, council, "2026-01-02", "2A", [DENZEL])
    helped(connection, council, cases["before"], "2026-01-05", "2026-01-06", "2026-01-12", "2026-01-20")
    act(
        connection,
        cases["before"],
        "authorise_assessment",
        council["manager"],
        {"comment": "Agreed"},
        now=at("2026-01-21"),
    )
    cases["siblings"] = told(connection, council, "2026-03-02", "3A", [WENNA, JAGO, UNBORN])
    helped(
        connection,
        council,
        cases["siblings"],
        *("2026-03-03", "2026-03-04", "2026-03-09", "2026-03-18", "2026-03-20"),
    )
    cases["returned"] = told(connection, council, "2026-03-10", "6", [MORWENNA])
    referred(connection, council, cases["returned"], "2026-03-10", "return_step_up", "2026-03-11")
    cases["stepped down"] = stepped_down(
        connection, council, "2026-04-01", {**DENZEL, "given_name": "Sampson"}
    )
    again = connection.exec_driver_sql(
        "SELECT public_id FROM people WHERE given_name = 'Morwenna'"
    ).scalar_one()
    cases["accepted"] = told(connection, council, "2026-06-01", "5D", [{"person": again}])
    referred(connection, council, cases["accepted"], "2026-06-02", "accept_step_up", "2026-06-03")
    cases["restricted"] = told(connection, council, "2026-06-10", "10", [{**JAGO, "given_name": "Cador"}])
    helped(connection, council, cases["restricted"], "2026-06-11", "2026-06-12", "2026-06-15")
    restrict_case(
        connection,
        reference=cases["restricted"],
        person=council["manager"],
        given={"reason": "Family of a colleague"},
        now=at("2026-06-16"),
    )
    worried = {"what_changed": "Injury", "level_of_need": "specialist", "urgency": "red"}
    act(connection, cases["siblings"], "request_step_up", council["lead"], worried, now=at("2026-08-30"))
    cases["after"] = told(connection, council, "2026-09-02", "9", [{**WENNA, "given_name": "Later"}])
    return cases


def _annex_a_codes(connection: Connection) -> None:
    content = tomllib.loads((workflows() / "codes" / "annex_a.toml").read_text())
    for name, codes in content["codes"].items():
        connection.execute(insert(CodeList).values(name=name, title=name))
        rows = [
            {"code_list": name, "code": code, "label": entry if isinstance(entry, str) else entry["label"]}
            for code, entry in codes.items()
        ]
        connection.execute(insert(CodeEntry), rows)


def lived(engine: Engine) -> dict[str, str]:
    with transaction(engine) as connection:
        return live(connection)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        made = connect(f"sqlite:///{folder}/story.db")
        Base.metadata.create_all(made)
        lived(made)
        with reading(made) as looking, GOLDEN.open("wb") as file:
            write_annex_a(checked(looking, on=ON, asker=SYSTEM, now=NOW), file)
        made.dispose()
