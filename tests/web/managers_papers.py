"""What managers' pages open: one piece of feedback, one sample with a case to grade."""

import tomllib
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from earlyhelp.places import workflows
from earlyhelp.records.cases import Case
from earlyhelp.records.feedback import Feedback
from earlyhelp.records.practice import AuditedCase, AuditSample
from earlyhelp.records.reference import CodeEntry, CodeList
from tests.casework.watched_cases import MONDAY, Council

OWN_KEYS = {
    "teams.team": "north",
    "management.worker_cases_behind": "reviews_in_time",
    "my_timeliness.cases": "recording_lag",
}
"""Pages that take a key of their own."""


@dataclass(frozen=True)
class Papers:
    """Ids, and other parts of addresses."""

    feedback_id: int
    sample_id: int
    audited_id: int
    user_id: int
    check: str = "birth-dates"
    file_format: str = "csv"
    state: str = "screening"


def managers_papers(connection: Connection, council: Council, *, reference: str) -> Papers:
    """About that case; the manager is to grade it."""
    case = connection.execute(select(Case).where(Case.reference == reference)).one()
    manager, lead = council["manager"].id, council["lead"].id
    assert manager is not None
    assert lead is not None
    feedback = insert(Feedback).values(
        kind="complaint",
        stage=1,
        received_on=MONDAY.date(),
        said_by="parent",
        said="Nobody rang back",
        case_id=case.id,
        team_id=case.team_id,
        recorded_by_id=manager,
        recorded_at=MONDAY,
    )
    sample = insert(AuditSample).values(
        title="Spring",
        theme="random",
        first_on=MONDAY.date(),
        last_on=MONDAY.date(),
        seed=7,
        drawn_from=1,
        drawn_at=MONDAY,
        drawn_by_id=manager,
    )
    sample_id = connection.execute(sample.returning(AuditSample.id)).scalar_one()
    audited = insert(AuditedCase).values(
        sample_id=sample_id, case_id=case.id, team_id=case.team_id, auditor_id=manager
    )
    return Papers(
        feedback_id=connection.execute(feedback.returning(Feedback.id)).scalar_one(),
        sample_id=sample_id,
        audited_id=connection.execute(audited.returning(AuditedCase.id)).scalar_one(),
        user_id=lead,
    )


def practice_codes(connection: Connection) -> None:
    """The codes of audits and feedback, without all else that a new council starts with."""
    shipped = tomllib.loads((workflows() / "codes" / "practice.toml").read_text())
    lists = [
        {"name": name, "title": about["title"], "source": ""} for name, about in shipped["lists"].items()
    ]
    connection.execute(insert(CodeList), lists)
    entries = [
        {"code_list": name, "code": code, "label": label, "position": position}
        for name, codes in shipped["codes"].items()
        for position, (code, label) in enumerate(codes.items())
    ]
    connection.execute(insert(CodeEntry), entries)
