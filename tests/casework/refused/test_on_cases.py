"""What is refused on a case or a person's record is refused in plain words, and leaves everything as it was."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, select, update

from earlyhelp.casework.access import give_access
from earlyhelp.casework.assessments import decide_assessment, submit_assessment
from earlyhelp.casework.audit import verify_one
from earlyhelp.casework.claims import claim
from earlyhelp.casework.meetings import hold_meeting, plan_meeting
from earlyhelp.casework.merging import NoSuchPerson, preview_merge, say_different
from earlyhelp.casework.moving import MoveRefused, move_cases
from earlyhelp.casework.pathways import publish
from earlyhelp.casework.plans import add_action, change_action
from earlyhelp.casework.reading import facts_for_guards
from earlyhelp.casework.reallocating import SomeRefused, ToMove, reallocate
from earlyhelp.casework.rectifying import NO_CASE
from earlyhelp.casework.refusals import NotAllowed
from earlyhelp.casework.restricting import break_glass, lift_restriction, restrict_case
from earlyhelp.casework.submissions import wrote_in_it
from earlyhelp.casework.unmerging import preview_unmerge
from earlyhelp.insight.guard_facts import guard_facts_of_many
from earlyhelp.pathway.definition import Action
from earlyhelp.pathway.facts import BadFields, GuardRefused, Refused
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.permissions import SYSTEM
from earlyhelp.places import workflows
from earlyhelp.records.assessments import SectionComment
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.clocks import ClockRow, OutboxMessage
from earlyhelp.records.journal import JournalEntry
from earlyhelp.records.people import Person
from earlyhelp.records.plans import PlanAction
from tests.casework.drafted import FIELDS as ANSWERED, TUESDAY, drafted
from tests.casework.test_merging import BILL, WILLIAM, merged, told
from tests.casework.test_rectifying import corrected
from tests.casework.watched_cases import MONDAY, Council, act, allocated, contact, days
from tests.support.tampering import tamper
from tests.web.desk import FAMILY, planned, scores

LATER = MONDAY + days(1)
REASON = {"reason": "A colleague's own family"}
EMERGENCY = {"hours": "4", "reason": "Police ask tonight whether the child is known"}
WEDNESDAY = TUESDAY + days(1)
REPAIRS = {"what": "Report the damp", "who": "Kerra", "agency": "family", "need": "", "due_on": "2026-04-27"}


def version_2(connection: Connection, **changed: Any) -> int:
    content = content_of(load(workflows() / "standard.toml"))
    return publish(connection, load_content({**content, "version": "2", **changed}), by="tests", now=MONDAY)


def test_a_case_is_not_moved_to_another_pathway_after_its_end_or_without_its_level(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    levels = [
        {**level, "code": "many_needs"} if level["key"] == "targeted" else level
        for level in content_of(load(workflows() / "standard.toml"))["levels"]
    ]
    asked: dict[str, Any] = {"references": [reference], "person": SYSTEM, "reason": "Why", "now": LATER}
    with pytest.raises(MoveRefused, match="runs on another pathway"):
        move_cases(connection, pathway_id=version_2(connection, name="short_breaks"), **asked)
    new = version_2(connection, levels=levels)
    with pytest.raises(MoveRefused, match="version 2 has no level of need “targeted”"):
        move_cases(connection, pathway_id=new, **asked)
    connection.execute(update(Case).values(is_open=False))
    with pytest.raises(MoveRefused, match="keeps the version it was closed on"):
        move_cases(connection, pathway_id=new, **asked)
    assert connection.scalar(select(Case.pathway_id)) != new
    assert connection.scalar(select(func.count()).where(Event.kind == "pathway_moved")) == 0


def test_a_time_limit_that_the_new_version_has_for_other_levels_only_ends_without_a_judgement(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    clocks = content_of(load(workflows() / "standard.toml"))["clocks"]
    others = {**clocks["first_contact"], "only_when": {"level_of_need": ["specialist"]}}
    new = version_2(connection, clocks={**clocks, "first_contact": others})
    move_cases(connection, pathway_id=new, references=[reference], person=SYSTEM, reason="Why", now=LATER)
    status = select(ClockRow.status).where(ClockRow.name == "first_contact")
    assert connection.scalars(status).all() == ["void"]


def test_a_guard_asks_for_birth_dates_and_for_other_open_cases(
    connection: Connection, council: Council
) -> None:
    actions = content_of(load(workflows() / "standard.toml"))["actions"]
    guards = [{"name": "every_child_has_birth_date"}, {"name": "no_open_case_for_children"}]
    actions["accept_for_early_help"] |= {"guards": guards}
    version_2(connection, actions=actions)
    first, (child,) = told(connection, council, WILLIAM)
    accepting = {
        "level_of_need": "targeted",
        "rationale": "Needs several services",
        "agreement": "given",
        "team": "north",
    }
    known = connection.scalar(select(Person.date_of_birth))
    connection.execute(update(Person).values(date_of_birth=None))
    with pytest.raises(GuardRefused, match="birth"):
        act(connection, first, "accept_for_early_help", council["screener"], accepting, now=MONDAY)
    connection.execute(update(Person).values(date_of_birth=known))
    second, _ = told(connection, council, {**WILLIAM, "person": child})
    with pytest.raises(GuardRefused, match=second):
        act(connection, first, "accept_for_early_help", council["screener"], accepting, now=MONDAY)
    assert set(connection.scalars(select(Case.version))) == {1}
    assert open_cases_told(connection, first, guards) == [(second,), (second,)]
    connection.execute(update(Case).where(Case.reference == second).values(restricted=True))
    assert open_cases_told(connection, first, guards) == [(), ()]


def open_cases_told(
    connection: Connection, reference: str, guards: list[dict[str, str]]
) -> list[tuple[str, ...]]:
    """What a case's own page and a list of cases have of open cases of its children."""
    asked = Action.model_validate(
        {"name": "accept", "title": "Accept", "kind": "acceptance", "to": "allocation", "guards": guards}
    )
    case_id = connection.scalar(select(Case.id).where(Case.reference == reference)) or 0
    one = facts_for_guards(connection, case_id=case_id, actions=[asked])
    many = guard_facts_of_many(connection, case_ids=[case_id], children={}, actions=[asked])[case_id]
    return [facts.get("open_cases_of_children", ()) for facts in (one, many)]


def refusals(connection: Connection, council: Council, to: str, *cases: ToMove) -> list[str]:
    moving = {"to": to, "reason": "Long leave", "person": council["service_manager"], "now": LATER}
    with pytest.raises(SomeRefused) as refused, connection.begin_nested():
        reallocate(connection, cases=cases, **moving)  # type: ignore[arg-type]
    return [refusal.words for refusal in refused.value.refusals]


def test_cases_are_reallocated_all_together_or_each_is_told_why_not(
    connection: Connection, council: Council
) -> None:
    led, waiting = allocated(connection, council), contact(connection, council, surname="Hale")
    nobody = ToMove("EH-222-2222", 1)
    seen = connection.scalar(select(Case.version).where(Case.reference == led)) or 0
    lead, other = council["lead"], council["other_lead"].email
    assert refusals(connection, council, lead.email, ToMove(led, seen)) == [
        f"{lead.name} leads this case already"
    ]
    assert refusals(connection, council, other, ToMove(led, seen - 1), ToMove(led, seen)) == [
        "Somebody else changed this case in the meantime"
    ]
    told_why = set(refusals(connection, council, other, nobody, ToMove(waiting, 1), ToMove(led, seen)))
    assert told_why == {
        "There is no such case, or it is not yours to see",
        "Nobody leads this case yet, or it is closed",
    }
    (words,) = refusals(connection, council, "nobody@council.example", ToMove(led, seen))
    assert words
    assert connection.scalar(select(Case.lead_professional_id).where(Case.reference == led)) == lead.id


def test_only_a_contact_that_waits_at_the_front_door_is_claimed(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    with pytest.raises(Refused, match="not waiting at the front door any more"):
        claim(
            connection,
            reference=reference,
            person=council["screener"],
            now=LATER,
            lasting=timedelta(minutes=30),
        )
    assert connection.scalar(select(Case.claimed_by_id)) is None


def test_no_review_is_recorded_before_there_is_a_plan_or_of_a_day_to_come(
    connection: Connection, council: Council
) -> None:
    early, later = allocated(connection, council), planned(connection, council)
    meeting = {"planned_on": "2026-04-09", "place": "School", "people": [FAMILY]}
    review = {"taf_date": "2026-06-09", "progress": "The flat is dry", "next_review_date": "2026-06-18"}
    for reference, at, fault, words in (
        (early, LATER, Refused, "cannot be recorded where the case is now"),
        (later, MONDAY + days(40), BadFields, "must not be in the future"),
    ):
        mine: dict[str, Any] = {"reference": reference, "person": council["lead"], "now": at}
        meeting_id = plan_meeting(connection, **mine, given=meeting)
        with pytest.raises(fault, match=words):
            hold_meeting(
                connection,
                **mine,
                meeting_id=meeting_id,
                given={"people": [FAMILY]},
                review={**review, **scores(5, 5, 5)},
            )
    assert connection.scalar(select(func.count()).where(Event.kind == "review")) == 0


def test_a_plans_action_saved_as_it_was_leaves_no_trace(connection: Connection, council: Council) -> None:
    mine: dict[str, Any] = {
        "reference": planned(connection, council),
        "person": council["lead"],
        "now": MONDAY + days(10),
    }
    action_id = add_action(connection, **mine, given=REPAIRS)
    change_action(connection, **mine, action_id=action_id, given=REPAIRS)
    assert connection.scalar(select(PlanAction.version)) == 1
    assert connection.scalars(select(JournalEntry.what)).all() == ["action_added"]


def authorised(connection: Connection, council: Council, reference: str, comments: dict[str, str]) -> None:
    decide_assessment(
        connection,
        reference=reference,
        action="authorise_assessment",
        person=council["manager"],
        fields={"comment": "Clear and fair"},
        comments=comments,
        now=WEDNESDAY,
    )


def test_an_assessment_is_submitted_once_and_comments_on_it_are_short_plain_text(
    connection: Connection, council: Council
) -> None:
    reference = drafted(connection, council)
    submit_assessment(connection, reference=reference, person=council["lead"], now=WEDNESDAY)
    with pytest.raises(Refused, match="the case has moved on"):
        submit_assessment(connection, reference=reference, person=council["lead"], now=WEDNESDAY)
    with pytest.raises(BadFields) as refused:
        authorised(
            connection, council, reference, {"family": "x" * 4001, "reason": "a\x00b", "analysis": " "}
        )
    assert refused.value.errors == {
        "comment_on_family": ["Must be 4,000 characters or fewer"],
        "comment_on_reason": ["Must not contain control characters"],
    }
    assert connection.scalar(select(func.count()).where(Event.kind == "assessment_authorised")) == 0


def test_comments_are_kept_on_sections_of_a_form_and_nowhere_else(
    connection: Connection, council: Council
) -> None:
    """A council that publishes no form records assessments on one page, which has no sections."""
    reference = allocated(connection, council)
    first = {"how": "home_visit", "child_seen": True, "childs_voice": "Likes drawing"}
    act(connection, reference, "record_first_contact", council["lead"], first, now=TUESDAY)
    act(connection, reference, "submit_assessment", council["lead"], {**ANSWERED}, now=WEDNESDAY)
    authorised(connection, council, reference, {"family": "Who else lives there?"})
    assert connection.scalar(select(func.count(SectionComment.words))) == 0
    assert connection.scalar(select(func.count()).where(Event.kind == "assessment_authorised")) == 1
    case_id = connection.scalar(select(Case.id)) or 0
    assert not wrote_in_it(connection, case_id=case_id, person=SYSTEM)


def test_a_restriction_is_lifted_once_and_glass_is_broken_only_by_who_stands_outside(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    asked: dict[str, Any] = {"reference": reference, "now": LATER}
    with pytest.raises(Refused, match="This case is not restricted"):
        lift_restriction(connection, **asked, person=council["manager"], given=REASON)
    restrict_case(connection, **asked, person=council["manager"], given=REASON)
    with pytest.raises(Refused, match="You can open this case already"):
        break_glass(connection, **asked, person=council["manager"], given=EMERGENCY)
    assert connection.scalars(select(JournalEntry.what)).all() == ["restricted"]
    connection.execute(update(Case).values(lead_professional_id=None, team_id=None))
    long_after = MONDAY + days(400)
    asked["now"] = long_after
    break_glass(connection, **asked, person=council["service_manager"], given=EMERGENCY)
    told_of_it = select(func.count()).where(OutboxMessage.topic == "break_glass")
    assert connection.scalar(told_of_it) == 0, "nobody is left whose case it is"
    assert connection.scalars(select(JournalEntry.what)).all() == ["restricted", "glass_broken"]


def test_an_entry_taken_out_of_a_journal_is_noticed(connection: Connection, council: Council) -> None:
    asked: dict[str, Any] = {"reference": allocated(connection, council), "now": LATER}
    restrict_case(connection, **asked, person=council["manager"], given=REASON)
    lift_restriction(connection, **asked, person=council["manager"], given=REASON)
    tamper(connection, "DELETE FROM journal WHERE sequence = 1")
    broken = verify_one(connection, reference=asked["reference"])
    assert broken is not None
    assert broken.problem == "the journal's entry is missing or out of place"


def test_who_leads_a_case_is_given_no_access_to_it_and_none_is_given_in_another_century(
    connection: Connection, council: Council
) -> None:
    reference = allocated(connection, council)
    given = {"user": council["lead"].email, "level": "read", "until": "1850-01-01", "reason": "Oversees it"}
    with pytest.raises(BadFields) as refused:
        give_access(connection, reference=reference, person=council["manager"], given=given, now=LATER)
    assert refused.value.errors == {
        "user": ["They lead this case and see it already"],
        "until": ["Enter a year from 1900 to 2059"],
    }


def test_records_are_merged_and_parted_by_those_who_may_and_child_with_child_only(
    connection: Connection, council: Council
) -> None:
    chief = council["service_manager"]
    _, (kept,) = told(connection, council, WILLIAM)
    _, (gone,) = told(connection, council, BILL)
    connection.execute(update(Person).where(Person.public_id == gone).values(adult=True))
    with pytest.raises(Refused, match="cannot become part of an adult's"):
        preview_merge(connection, kept=kept, gone=gone, person=chief)
    connection.execute(update(Person).where(Person.public_id == gone).values(adult=False))
    merge_id = merged(connection, council, kept, gone)
    with pytest.raises(NotAllowed):
        preview_unmerge(connection, merge_id=merge_id, person=council["lead"])
    with pytest.raises(NotAllowed):
        say_different(connection, duplicate_id=1, person=council["lead"], reason="Twins", now=LATER)
    connection.execute(update(Case).values(restricted=True))
    with pytest.raises(NoSuchPerson):
        preview_unmerge(connection, merge_id=merge_id, person=chief)


def test_a_person_on_no_case_is_not_set_right_without_a_history_to_keep_it_in(
    connection: Connection, council: Council
) -> None:
    _, (child,) = told(connection, council, WILLIAM)
    connection.execute(delete(CasePerson))
    with pytest.raises(Refused, match=NO_CASE):
        corrected(connection, council, child)
    assert connection.scalar(select(Person.gender)) == "not_stated"
