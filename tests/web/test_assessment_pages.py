"""The pages of an assessment: several people write in it, a manager reads it, and nothing that was typed is lost."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from earlyhelp.records.database import reading, transaction
from tests.casework.drafted import ANSWERS, TUESDAY, assessing, drafted, paper
from tests.casework.watched_cases import days
from tests.web.watched_site import Site, site_in


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    site.now = TUESDAY + days(1)
    return site


def case_of(site: Site, make: object = assessing) -> str:
    with transaction(site.engine) as connection:
        return make(connection, site.council)  # type: ignore[operator, no-any-return]


def typed(section: str, **more: object) -> dict[str, object]:
    """The answers of a section as a browser sends them."""
    given = {**ANSWERS[section], **more}
    plain = {True: "yes", False: "no"}
    return {
        f"q_{name}": plain.get(value, value) if isinstance(value, bool) else value
        for name, value in given.items()
    }


def url(reference: str, rest: str = "") -> str:
    return f"/cases/{reference}/assessment{rest}"


def test_a_section_is_saved_and_leads_to_the_next(site: Site) -> None:
    reference = case_of(site)
    lead = site.signed_in("lead")
    page = lead.get(url(reference, "/sections/development"))
    assert page.status_code == 200
    answer = lead.post(url(reference, "/sections/development"), data={"version": "0", **typed("development")})
    assert answer.headers["Location"] == url(reference, "/sections/parenting")
    shown = lead.get(url(reference)).text
    assert "Saved by Lead" in shown
    assert "Complete" in shown
    assert 'value="1"' in lead.get(url(reference, "/sections/development")).text


def test_a_wrong_answer_is_told_beside_it_and_everything_typed_stays(site: Site) -> None:
    reference = case_of(site)
    lead = site.signed_in("lead")
    wrong = {"version": "0", **typed("development", score_development="11", health="<b>Sleeps</b>")}
    answer = lead.post(url(reference, "/sections/development"), data=wrong)
    assert answer.status_code == 422
    assert 'href="#q_score_development"' in answer.text
    assert "&lt;b&gt;Sleeps&lt;/b&gt;" in answer.text


def test_what_is_carried_over_is_marked_until_it_is_changed(site: Site) -> None:
    reference = case_of(site)
    lead = site.signed_in("lead")
    page = lead.get(url(reference, "/sections/reason")).text
    assert "Carried over from what was recorded on 2 March 2026: check it" in page
    lead.post(url(reference, "/sections/reason"), data={"version": "0", **typed("reason")})
    assert (
        "Carried over from what was recorded on 2 March 2026."
        in lead.get(url(reference, "/sections/reason")).text
    )
    lead.post(
        url(reference, "/sections/reason"), data={"version": "1", **typed("reason", reason="New words")}
    )
    assert "Carried over" not in lead.get(url(reference, "/sections/reason")).text


def test_what_two_people_wrote_in_different_answers_is_put_together(site: Site) -> None:
    reference = case_of(site)
    lead, manager = site.signed_in("lead"), site.signed_in("manager")
    address = url(reference, "/sections/parenting")
    lead.post(address, data={"version": "0", **typed("parenting")})
    manager.post(address, data={"version": "1", **typed("parenting", warmth="Reads to her")})
    answer = lead.post(address, data={"version": "1", **typed("parenting", boundaries="Bed at eight")})
    assert answer.status_code == 302
    with reading(site.engine) as connection:
        answers = paper(connection, reference, site.council["lead"]).sections["parenting"].answers
    assert (answers["warmth"], answers["boundaries"]) == ("Reads to her", "Bed at eight")


def hidden(text: str) -> dict[str, str]:
    """The hidden fields of a form, as the browser would send them back."""
    pairs = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text)
    return {name: value.replace("&#34;", '"').replace("&amp;", "&") for name, value in pairs}


def test_what_two_people_wrote_in_one_answer_is_decided_side_by_side(site: Site) -> None:
    reference = case_of(site)
    lead, manager = site.signed_in("lead"), site.signed_in("manager")
    address = url(reference, "/sections/parenting")
    manager.post(
        address, data={"version": "0", **typed("parenting", warmth="Reads to her", parents_own="Tired")}
    )
    mine = typed("parenting", warmth="Plays with her", boundaries="Bed at eight")
    page = lead.post(address, data={"version": "0", **mine})
    assert page.status_code == 409
    assert "Manager wrote" in page.text
    assert "Reads to her\n\nPlays with her" in page.text
    carried = hidden(page.text)
    compare = url(reference, "/sections/parenting/compare")
    undecided = lead.post(compare, data=carried)
    assert undecided.status_code == 422
    assert 'href="#keep-warmth-1"' in undecided.text
    assert hidden(undecided.text)["mine"] == carried["mine"]
    done = lead.post(compare, data={**carried, "keep-warmth": "written", "q_warmth": "Reads and plays"})
    assert done.status_code == 302
    with reading(site.engine) as connection:
        answers = paper(connection, reference, site.council["lead"]).sections["parenting"].answers
    assert answers["warmth"] == "Reads and plays"
    assert (answers["boundaries"], answers["parents_own"]) == ("Bed at eight", "Tired")


def test_the_script_is_told_what_was_kept_and_never_overwrites(site: Site) -> None:
    reference = case_of(site)
    lead, manager = site.signed_in("lead"), site.signed_in("manager")
    address, script = url(reference, "/sections/voices"), {"X-Autosave": "yes"}
    first = lead.post(address, data={"version": "0", **typed("voices")}, headers=script)
    assert first.json == {"version": 1}
    manager.post(address, data={"version": "1", **typed("voices", parents_views="Calmer evenings")})
    late = lead.post(
        address, data={"version": "1", **typed("voices", childs_voice="Friends")}, headers=script
    )
    assert late.status_code == 409
    assert "Manager saved this section meanwhile" in late.json["words"]  # type: ignore[index]
    site.now += days(1)
    assert lead.post(address, data={"version": "2"}, headers=script).status_code == 401


def test_an_unfinished_assessment_says_what_is_missing(site: Site) -> None:
    reference = case_of(site)
    lead = site.signed_in("lead")
    page = lead.get(url(reference, "/submit")).text
    assert "Not complete yet" in page
    assert "Who has parental responsibility?" in page
    answer = lead.post(url(reference, "/submit"), data={"version": "5"})
    assert answer.status_code == 422
    assert "Child and family details: finish or check this section" in answer.text


def test_a_colleague_writes_but_only_the_lead_professional_submits(site: Site) -> None:
    reference = case_of(site, drafted)
    manager, lead = site.signed_in("manager"), site.signed_in("lead")
    assert "The lead professional submits it" in manager.get(url(reference, "/submit")).text
    page = lead.get(url(reference, "/submit"))
    form = hidden(page.text)
    answer = lead.post(url(reference, "/submit"), data=form)
    assert answer.headers["Location"] == f"/cases/{reference}"
    assert "Waiting for a manager" in lead.get(url(reference)).text
    assert lead.get(url(reference, "/sections/voices")).status_code == 302


def test_the_whole_can_be_read_and_printed(site: Site) -> None:
    reference = case_of(site, drafted)
    manager = site.signed_in("manager")
    assert "Breakfast club from next week" in manager.get(url(reference, "/read")).text
    document = manager.get(url(reference, "/read.pdf"))
    assert document.mimetype == "application/pdf"
    assert document.data.startswith(b"%PDF")


def test_an_assessment_of_others_looks_as_if_there_were_none(site: Site) -> None:
    reference = case_of(site, drafted)
    other = site.signed_in("other_lead")
    for rest in ("", "/read", "/read.pdf", "/submit", "/sections/voices"):
        assert other.get(url(reference, rest)).status_code == 404
    assert site.signed_in("lead").get(url(reference, "/sections/nonsense")).status_code == 404
