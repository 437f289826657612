"""The pages of an assessment: several people write in it, a manager reads it, and nothing that was typed is lost."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from tests.casework.drafted import ANSWERS, TUESDAY, assessing, drafted, paper
from tests.casework.watched_cases import days
from tests.web.test_every_route import counted
from tests.web.watched_site import Site, site_in


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, migrated: Callable[[Path], Engine]) -> Iterator[Site]:
    """One council for all of these tests, each with cases of its own: both databases are casework's to prove."""
    folder = tmp_path_factory.mktemp("assessments")
    engine = migrated(folder / "council.sqlite3")
    site = site_in(engine, folder)
    site.now = TUESDAY + days(1)
    yield site
    engine.dispose()


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


def submitted(site: Site) -> str:
    reference = case_of(site, drafted)
    lead = site.signed_in("lead")
    lead.post(url(reference, "/submit"), data=hidden(lead.get(url(reference, "/submit")).text))
    return reference


def hidden_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', page))


def test_the_queue_shows_the_longest_wait_first(site: Site) -> None:
    first = submitted(site)
    site.now += days(5)
    second = submitted(site)
    page = site.signed_in("manager").get("/management/authorisations").text
    assert page.index(first) < page.index(second)
    assert "3 working days" in page
    assert "Lead" in page


def test_the_queue_costs_the_same_for_one_and_for_many(site: Site) -> None:
    manager, costs = site.signed_in("manager"), []
    for batch in (1, 3):
        for _ in range(batch):
            submitted(site)
        manager.get("/management/authorisations")
        with counted(site.engine) as statements:
            manager.get("/management/authorisations")
        costs.append(len(statements))
    assert costs[0] == costs[1]


def test_a_manager_returns_it_with_words_on_a_section_that_the_author_sees(site: Site) -> None:
    reference = submitted(site)
    manager, lead = site.signed_in("manager"), site.signed_in("lead")
    address = f"/management/authorisations/{reference}"
    page = manager.get(address)
    given = {
        **hidden_of(page.text),
        "decision": "return_assessment",
        "comment_on_voices": "In her own words?",
    }
    wrong = manager.post(address, data=given)
    assert wrong.status_code == 422
    assert 'href="#return_assessment-comment"' in wrong.text
    assert "In her own words?" in wrong.text
    done = manager.post(address, data={**given, "return_assessment-comment": "Nearly there"})
    assert done.headers["Location"] == "/management/authorisations"
    assert "Nearly there" in lead.get(url(reference)).text
    assert "In her own words?" in lead.get(url(reference, "/sections/voices")).text


def test_a_manager_sees_what_changed_since_it_was_returned(site: Site) -> None:
    reference = submitted(site)
    manager, lead = site.signed_in("manager"), site.signed_in("lead")
    address = f"/management/authorisations/{reference}"
    back = {**hidden_of(manager.get(address).text), "decision": "return_assessment"}
    manager.post(address, data={**back, "return_assessment-comment": "Nearly there"})
    words = "Wants to see her two best friends"
    lead.post(
        url(reference, "/sections/voices"), data={"version": "1", **typed("voices", childs_voice=words)}
    )
    lead.post(url(reference, "/submit"), data=hidden(lead.get(url(reference, "/submit")).text))
    page = manager.get(address).text
    assert "Wants to see her <ins" in page
    assert page.count("Not changed</strong>") == len(ANSWERS) - 1
    good = {
        **hidden_of(page),
        "decision": "authorise_assessment",
        "authorise_assessment-comment": "Clear and fair",
    }
    assert manager.post(address, data=good).status_code == 302
    assert "Clear and fair" in lead.get(url(reference, "/read")).text


def test_two_managers_who_decide_at_once_do_not_both_succeed(site: Site) -> None:
    reference = submitted(site)
    one, other = site.signed_in("manager"), site.signed_in("service_manager")
    address = f"/management/authorisations/{reference}"
    given = {**hidden_of(one.get(address).text), "decision": "authorise_assessment"}
    given["authorise_assessment-comment"] = "Good"
    assert one.post(address, data=given).status_code == 302
    late = other.post(address, data=given, follow_redirects=True)
    assert "does not wait for a manager any more" in late.text


def test_who_wrote_it_reads_it_but_another_manager_decides(site: Site) -> None:
    reference = submitted(site)
    with transaction(site.engine) as connection:
        connection.execute(update(Case).values(assessment_author_id=site.council["manager"].id))
    page = site.signed_in("manager").get(f"/management/authorisations/{reference}").text
    assert "Another manager authorises it" in page
    assert 'value="authorise_assessment"' not in page


@pytest.mark.parametrize(
    "mine", ["", "[", "[1]", '{"warmth": {"a": 1}}', '{"score_parenting": "x", "warmth": 4}', "9" * 5000]
)
def test_a_comparison_that_was_tampered_with_is_refused_cleanly(site: Site, mine: str) -> None:
    reference = case_of(site)
    lead = site.signed_in("lead")
    lead.post(
        url(reference, "/sections/parenting"), data={"version": "0", **typed("parenting", warmth="Reads")}
    )
    answer = lead.post(
        url(reference, "/sections/parenting/compare"),
        data={"version": "1", "base": "0", "mine": mine, "keep-warmth": "mine"},
    )
    assert answer.status_code in {302, 422}
    for wrong in ({"version": "-1"}, {"version": "9" * 30}, {}):
        assert lead.post(url(reference, "/sections/parenting/compare"), data=wrong).status_code == 302


def test_hostile_words_are_refused_or_shown_as_words(site: Site) -> None:
    reference = case_of(site)
    lead = site.signed_in("lead")
    address = url(reference, "/sections/voices")
    for words in ("nul \x00", "x" * 100_000):
        answer = lead.post(address, data={"version": "0", "q_parents_views": words})
        assert answer.status_code == 422
        assert 'href="#q_parents_views"' in answer.text
    words = "\u202eright to left <script>alert(1)</script> 🙂"
    assert lead.post(address, data={"version": "0", "q_parents_views": words}).status_code == 302
    page = lead.get(url(reference, "/read")).text
    assert "<script>alert" not in page
    assert "🙂" in page
    assert lead.get(url(reference, "/read.pdf")).status_code == 200
