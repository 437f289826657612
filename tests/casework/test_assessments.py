"""An assessment is written by several people, submitted, returned and authorised, and nothing anybody wrote is lost."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select, update

from earlyhelp.casework.assessments import (
    SectionMoved,
    Unfinished,
    decide_assessment,
    save_section,
    submit_assessment,
)
from earlyhelp.casework.papers import comments_on, submissions_of
from earlyhelp.casework.refusals import NoSuchCase, NotAllowed
from earlyhelp.casework.submissions import WROTE_IT, digest_of
from earlyhelp.pathway.facts import BadFields, GuardRefused, Refused
from earlyhelp.records.assessments import Submission
from earlyhelp.records.cases import Case, CasePerson, Event
from earlyhelp.records.database import connect, reading, transaction
from tests.casework.drafted import ANSWERS, FIELDS, TUESDAY, assessing, drafted, paper, saved
from tests.casework.watched_cases import Council, act, council_in, days

WEDNESDAY = TUESDAY + days(1)


def submitted(connection: Connection, council: Council) -> str:
    reference = drafted(connection, council)
    submit_assessment(connection, reference=reference, person=council["lead"], now=WEDNESDAY)
    return reference


def returned(connection: Connection, council: Council, comments: dict[str, str]) -> str:
    reference = submitted(connection, council)
    decide_assessment(
        connection,
        reference=reference,
        action="return_assessment",
        person=council["manager"],
        fields={"comment": "Say more of the mornings"},
        comments=comments,
        now=WEDNESDAY,
    )
    return reference


def test_a_section_is_kept_whole_or_unfinished(connection: Connection, council: Council) -> None:
    reference = assessing(connection, council)
    found = save_section(
        connection,
        reference=reference,
        section="parenting",
        given={"basic_care": " Meals are regular\r\n", "score_parenting": ""},
        seen_version=0,
        person=council["lead"],
        now=TUESDAY,
    )
    assert found.version == 1
    now = paper(connection, reference, council["lead"])
    assert now.sections["parenting"].answers == {"basic_care": "Meals are regular"}
    assert now.status(now.form.sections[3]) == "in_progress"
    assert now.status(now.form.sections[2]) == "not_started"


def test_what_cannot_be_read_is_told_and_nothing_is_kept(connection: Connection, council: Council) -> None:
    reference = assessing(connection, council)
    with pytest.raises(BadFields) as refused:
        saved(
            connection,
            reference,
            "development",
            council["lead"],
            score_development=11,
            health="nul \x00 in it",
        )
    assert refused.value.errors == {
        "score_development": ["Must be a whole number from 1 to 10"],
        "health": ["Must not contain control characters"],
    }
    assert paper(connection, reference, council["lead"]).id is None


def test_the_second_of_two_who_write_at_once_is_shown_what_the_first_wrote(
    connection: Connection, council: Council
) -> None:
    reference = assessing(connection, council)
    saved(connection, reference, "parenting", council["lead"], warmth="Reads to her")
    saved(connection, reference, "parenting", council["manager"], seen=1, warmth="Reads to her every night")
    with pytest.raises(SectionMoved) as moved:
        saved(connection, reference, "parenting", council["lead"], seen=1, warmth="Plays with her")
    conflict = moved.value
    assert conflict.base is not None
    assert conflict.base.answers["warmth"] == "Reads to her"
    assert conflict.theirs.answers["warmth"] == "Reads to her every night"
    assert (conflict.theirs.version, conflict.theirs.saved_by) == (2, "Manager")
    assert conflict.mine["warmth"] == "Plays with her"


def test_saving_what_stands_there_already_is_no_new_version(connection: Connection, council: Council) -> None:
    reference = assessing(connection, council)
    assert saved(connection, reference, "parenting", council["lead"]).version == 1
    assert saved(connection, reference, "parenting", council["manager"], seen=0).version == 1


def test_only_those_who_work_on_the_case_write_in_it(connection: Connection, council: Council) -> None:
    reference = assessing(connection, council)
    with pytest.raises(NoSuchCase):
        saved(connection, reference, "parenting", council["other_lead"])
    with pytest.raises(NotAllowed):
        saved(connection, reference, "parenting", council["screener"])


def test_an_unfinished_assessment_is_not_submitted(connection: Connection, council: Council) -> None:
    reference = assessing(connection, council)
    saved(connection, reference, "parenting", council["lead"])
    with pytest.raises(Unfinished) as refused:
        submit_assessment(connection, reference=reference, person=council["lead"], now=WEDNESDAY)
    names = [section.name for section in refused.value.sections]
    assert names == [name for name in ANSWERS if name != "parenting"]


def test_what_is_submitted_becomes_the_fields_of_the_action(connection: Connection, council: Council) -> None:
    reference = submitted(connection, council)
    event = connection.execute(select(Event).where(Event.action == "submit_assessment")).one()
    assert event.fields["childs_development"] == "Health\nSleeps badly\n\nEducation and learning\nReads well"
    assert event.fields["needs"] == ["education"]
    assert event.fields["score_family_and_environment"] == 3
    now = paper(connection, reference, council["lead"])
    assert now.state == "submitted"
    assert now.id is not None
    kept = submissions_of(connection, assessment_id=now.id)[0]
    assert (kept.event_sequence, kept.submitted_by) == (event.sequence, "Lead")
    assert kept.answers["need_education"] == "Somebody to walk to school with"
    assert kept.digest == digest_of(kept.answers)


def test_an_answer_that_is_no_longer_asked_is_not_submitted(connection: Connection, council: Council) -> None:
    reference = drafted(connection, council)
    saved(
        connection,
        reference,
        "strengths_and_needs",
        council["lead"],
        seen=1,
        needs=["housing"],
        need_housing="Damp",
    )
    submit_assessment(connection, reference=reference, person=council["lead"], now=WEDNESDAY)
    answers = connection.execute(select(Submission.answers)).scalar_one()
    assert "need_education" not in answers
    assert answers["need_housing"] == "Damp"


def test_an_assessment_that_came_without_the_form_stands_in_its_sections(
    connection: Connection, council: Council
) -> None:
    reference = assessing(connection, council)
    saved(connection, reference, "parenting", council["lead"], warmth="Reads to her")
    act(connection, reference, "submit_assessment", council["lead"], FIELDS, now=WEDNESDAY)
    now = paper(connection, reference, council["lead"])
    assert now.state == "submitted"
    assert now.sections["development"].answers == {"health": "Sleeps badly", "score_development": 4}
    assert now.sections["parenting"].version == 2
    assert now.sections["analysis"].answers == {"proposed_plan": "Breakfast club from next week"}


def test_a_returned_assessment_shows_its_comments_and_can_be_mended(
    connection: Connection, council: Council
) -> None:
    reference = returned(connection, council, {"parenting": "What about the mornings? ", "family": "  "})
    now = paper(connection, reference, council["lead"])
    assert now.id is not None
    assert now.state == "returned"
    first = submissions_of(connection, assessment_id=now.id)[0]
    assert (first.decision, first.decided_by, first.comment) == (
        "returned",
        "Manager",
        "Say more of the mornings",
    )
    assert comments_on(connection, submission_id=first.id) == {"parenting": "What about the mornings?"}
    saved(connection, reference, "parenting", council["lead"], seen=1, boundaries="Bedtime at eight")
    submit_assessment(connection, reference=reference, person=council["lead"], now=WEDNESDAY)
    both = submissions_of(connection, assessment_id=now.id)
    assert [one.number for one in both] == [1, 2]
    assert "boundaries" not in both[0].answers
    assert both[1].answers["boundaries"] == "Bedtime at eight"


def test_nobody_authorises_what_they_wrote_part_of(connection: Connection, council: Council) -> None:
    reference = drafted(connection, council)
    saved(connection, reference, "parenting", council["manager"], seen=1, warmth="Plays with her")
    submit_assessment(connection, reference=reference, person=council["lead"], now=WEDNESDAY)
    with pytest.raises(Refused, match=WROTE_IT):
        act(
            connection,
            reference,
            "authorise_assessment",
            council["manager"],
            {"comment": "Good"},
            now=WEDNESDAY,
        )
    act(
        connection,
        reference,
        "authorise_assessment",
        council["service_manager"],
        {"comment": "Good"},
        now=WEDNESDAY,
    )
    assert paper(connection, reference, council["manager"]).state == "authorised"


def test_the_author_never_authorises(connection: Connection, council: Council) -> None:
    reference = submitted(connection, council)
    connection.execute(update(Case).values(assessment_author_id=council["manager"].id))
    with pytest.raises(GuardRefused):
        decide_assessment(
            connection,
            reference=reference,
            action="authorise_assessment",
            person=council["manager"],
            fields={"comment": "Good"},
            comments={},
            now=WEDNESDAY,
        )


def test_a_new_assessment_begins_with_the_last_and_says_so(connection: Connection, council: Council) -> None:
    reference = submitted(connection, council)
    manager, lead = council["manager"], council["lead"]
    act(connection, reference, "authorise_assessment", manager, {"comment": "Good"}, now=WEDNESDAY)
    act(connection, reference, "begin_reassessment", lead, {"reason": "A year on"}, now=WEDNESDAY)
    now = paper(connection, reference, lead)
    assert (now.id, now.number) == (None, 2)
    assert now.answers["basic_care"] == "Meals are regular"
    assert now.carried["basic_care"]["words"] == f"the assessment of 4 March 2026 ({reference})"
    assert {now.status(section) for section in now.form.sections} == {"carried_over"}
    with pytest.raises(Unfinished):
        submit_assessment(connection, reference=reference, person=lead, now=WEDNESDAY)


def test_a_first_assessment_begins_with_what_the_case_says(connection: Connection, council: Council) -> None:
    reference = assessing(connection, council)
    now = paper(connection, reference, council["lead"])
    assert now.carried["reason"] == {
        "value": "Often absent from school",
        "words": "what was recorded on 2 March 2026",
    }
    assert now.carried["childs_voice"]["value"] == "Likes drawing"


def test_nothing_is_carried_over_from_a_case_that_is_not_theirs_to_see(
    connection: Connection, council: Council
) -> None:
    first = submitted(connection, council)
    second = assessing(connection, council)
    child = (
        select(CasePerson.person_id).join(Case, Case.id == CasePerson.case_id).where(Case.reference == first)
    )
    of_second = select(Case.id).where(Case.reference == second)
    connection.execute(
        update(CasePerson)
        .where(CasePerson.case_id == of_second.scalar_subquery())
        .values(person_id=child.scalar_subquery())
    )
    connection.execute(
        update(Case).where(Case.reference == first).values(lead_professional_id=council["other_lead"].id)
    )
    assert "basic_care" not in paper(connection, second, council["lead"]).carried
    assert (
        paper(connection, second, council["service_manager"])
        .carried["basic_care"]["words"]
        .endswith(f"({first})")
    )


def test_a_draft_outlives_the_process_that_wrote_it(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        reference = assessing(connection, council)
    assert council["lead"].id is not None
    url = engine.url.render_as_string(hide_password=False)
    writer = [sys.executable, "-m", "tests.casework.dying_writer", url, reference, str(council["lead"].id)]
    died = subprocess.run(
        writer, cwd=Path(__file__).parents[2], env=dict(os.environ), check=False, timeout=60
    )
    assert died.returncode == -signal.SIGKILL
    other = connect(url)
    with reading(other) as connection:
        now = paper(connection, reference, council["lead"])
    other.dispose()
    assert now.sections["voices"].answers == ANSWERS["voices"]
    assert "parenting" not in now.sections, "what was not committed is not there by half"
