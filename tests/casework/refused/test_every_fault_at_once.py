"""Who got several things wrong is told of all of them at once, in words by field, and nothing is written."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select

from earlyhelp.casework.accounts import AccountRefused
from earlyhelp.casework.audit_themes import Period
from earlyhelp.casework.audits import MOST_CASES, AuditRefused, NoSuchAudit, Wanted, draw_sample, grade_case
from earlyhelp.casework.commentary import LONGEST, write_commentary
from earlyhelp.casework.drafts import DraftRefused, save_draft
from earlyhelp.casework.feedback import (
    FeedbackRefused,
    NoSuchFeedback,
    Told,
    answer_feedback,
    record_feedback,
)
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.casework.scopes import SCOPES, written_scopes
from earlyhelp.casework.staff_homes import set_home
from earlyhelp.casework.workload import WorkloadRefused, set_team
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.drafts import ContactDraft
from earlyhelp.records.feedback import Feedback
from earlyhelp.records.organisation import Team
from earlyhelp.records.practice import AuditSample
from earlyhelp.records.reference import CodeEntry, CodeList
from earlyhelp.records.reporting import ScorecardCommentary
from earlyhelp.records.staff_homes import StaffHome
from tests.casework.watched_cases import MONDAY, Council, days

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))


def there_is_no(connection: Connection, *tables: Any) -> bool:
    return all(connection.scalar(select(func.count()).select_from(table)) == 0 for table in tables)


def test_an_audit_without_name_theme_size_auditor_or_team(connection: Connection, council: Council) -> None:
    wanted = Wanted("\x00 ", "tea leaves", MARCH, 0, ["nobody@council.example"], team="nowhere")
    drawing: dict[str, Any] = {"seed": 1, "person": council["manager"], "now": MONDAY}
    with pytest.raises(AuditRefused) as refused:
        draw_sample(connection, wanted=wanted, **drawing)
    assert set(refused.value.errors) == {"title", "theme", "last_on", "size", "auditors", "team"}
    crowd = [f"auditor{number}@council.example" for number in range(MOST_CASES + 1)]
    with pytest.raises(AuditRefused, match="At most 100 people share a sample"):
        draw_sample(connection, wanted=replace(wanted, auditors=crowd), **drawing)
    with pytest.raises(NoSuchAudit):
        grade_case(
            connection,
            audited_id=1,
            grade="good",
            strengths="",
            learning="",
            person=council["manager"],
            now=MONDAY,
        )
    assert there_is_no(connection, AuditSample)


def test_feedback_of_no_kind_day_person_case_or_team(connection: Connection, council: Council) -> None:
    manager = council["manager"]
    nothing = Told("gossip", MONDAY.date() + days(1), "", "", case="EH-222-2222", team="nowhere")
    for told, wrong in (
        (nothing, {"kind", "received_on", "said_by", "said", "case", "team"}),
        (
            replace(nothing, kind="complaint", case="no reference", team=""),
            {"stage", "received_on", "said_by", "said", "case"},
        ),
        (replace(nothing, kind="satisfaction", case="", team=""), {"score", "received_on", "said_by"}),
    ):
        with pytest.raises(FeedbackRefused) as refused:
            record_feedback(connection, told=told, person=manager, now=MONDAY)
        assert set(refused.value.errors) == wrong
    assert there_is_no(connection, Feedback)


def test_a_complaint_is_not_answered_without_words_outcome_and_day(
    connection: Connection, council: Council
) -> None:
    connection.execute(insert(CodeList).values(name="feedback_from", title="From whom", source=""))
    connection.execute(insert(CodeEntry).values(code_list="feedback_from", code="parent", label="A parent"))
    manager = council["manager"]
    told = Told("complaint", MONDAY.date(), "parent", "Nobody rang back", stage=1, team="north")
    feedback_id = record_feedback(connection, told=told, person=manager, now=MONDAY)
    answering: dict[str, Any] = {"outcome": "", "answer": " ", "person": manager, "now": MONDAY}
    for day in (None, MONDAY.date() - days(1), MONDAY.date() + days(1)):
        with pytest.raises(FeedbackRefused) as refused:
            answer_feedback(connection, feedback_id=feedback_id, answered_on=day, **answering)
        assert set(refused.value.errors) == {"answer", "outcome", "answered_on"}
    with pytest.raises(NoSuchFeedback):
        answer_feedback(connection, feedback_id=feedback_id + 1, answered_on=None, **answering)
    assert connection.scalar(select(Feedback.answered_on)) is None


def test_a_team_of_no_name_kind_or_pathway_in_a_locality_that_is_too_long(
    connection: Connection, council: Council
) -> None:
    told: dict[str, Any] = {"kind": "club", "locality": "x" * 101, "pathway": "nowhere", "ceiling": 0}
    with pytest.raises(WorkloadRefused) as refused:
        set_team(connection, key="north", name=" ", **told, by="tests", now=MONDAY)
    assert set(refused.value.errors) == {"name", "kind", "locality", "pathway", "ceiling"}
    assert connection.scalar(select(Team.name).where(Team.key == "north")) == "North"


def test_homes_are_for_auditors_to_write_and_to_forget(connection: Connection, council: Council) -> None:
    given = {"user": str(council["lead"].id), "postcode": "WS1 1TP"}
    with pytest.raises(NotAllowed):
        set_home(connection, person=council["manager"], given=given, now=MONDAY)
    assert there_is_no(connection, StaffHome)
    auditor = replace(council["manager"], roles=frozenset({"auditor"}))
    set_home(connection, person=auditor, given=given, now=MONDAY)
    assert connection.scalars(select(StaffHome.postcode)).all() == ["WS1 1TP"]
    set_home(connection, person=auditor, given={**given, "postcode": ""}, now=MONDAY)
    assert there_is_no(connection, StaffHome)


@pytest.mark.parametrize("words", [" \r\n\x00", "x" * (LONGEST + 1)])
def test_a_commentary_says_something_and_not_everything(
    connection: Connection, council: Council, words: str
) -> None:
    with pytest.raises(BadFields) as refused:
        write_commentary(
            connection, month=MARCH.first, team_id=None, words=words, person=council["analyst"], now=MONDAY
        )
    assert set(refused.value.errors) == {"words"}
    assert there_is_no(connection, ScorecardCommentary)


def test_a_token_is_for_all_that_there_is_or_for_less() -> None:
    assert written_scopes([]) == ",".join(sorted(SCOPES))
    assert written_scopes(["read", "act", "read"]) == "act,read"
    with pytest.raises(AccountRefused, match="'everything' is no scope"):
        written_scopes(["read", "everything"])


def test_a_draft_is_no_longer_than_a_form_and_kept_under_a_key_that_we_gave(
    connection: Connection, council: Council
) -> None:
    keeping: dict[str, Any] = {"owner_id": council["screener"].id, "action": "receive_contact", "now": MONDAY}
    for key, typed in (("k" * 20, "x" * 400_000), ("short", "x"), ("é" * 20, "x")):
        with pytest.raises(DraftRefused):
            save_draft(connection, key=key, fields={"worries": [typed]}, **keeping)
    assert there_is_no(connection, ContactDraft)
