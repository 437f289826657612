"""An administrator ends records: looks first, is refused what must be kept, and leaves a name."""

import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from earlyhelp.casework import retention as reviewing
from earlyhelp.casework.kept_review import first_to_review
from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_review import KeptReview
from earlyhelp.records.people import Person
from earlyhelp.records.retention import Tombstone
from earlyhelp.scheduler import retention as scheduled
from earlyhelp.web.administration import retention
from tests.casework.watched_cases import MONDAY, allocated
from tests.web.test_every_route import counted
from tests.web.watched_site import Site, site_in

PAGE = "/administration/retention"


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    """Pages on one database: what they ask of casework is tried on both there."""
    return sqlite_engine


def test_a_record_is_held_released_and_deleted_by_name(engine: Engine, tmp_path: Path) -> None:
    site = site_in(engine, tmp_path)
    with transaction(engine) as connection:
        reference = allocated(connection, site.council)
        connection.execute(update(Case).values(is_open=False, closed_at=MONDAY))
    site.now = datetime(2032, 3, 2, 12, tzinfo=UTC)
    administrator = site.signed_in("administrator")
    chosen = {"case": reference, "sure": "yes"}
    assert "example" in administrator.post(f"{PAGE}/delete", data=chosen).text
    _own_rules(site, tmp_path)
    hold = {"reference": reference, "reason": "Public inquiry <1>"}
    assert administrator.post(f"{PAGE}/hold", data={**hold, "place": "1"}).status_code == 302
    assert "Public inquiry &lt;1&gt;" in administrator.get(PAGE).text
    refused = administrator.post(f"{PAGE}/delete", data=chosen)
    assert (refused.status_code, "under legal hold" in refused.text) == (422, True)
    assert administrator.post(f"{PAGE}/hold", data={**hold, "lift": "1"}).status_code == 302
    assert administrator.post(f"{PAGE}/delete", data={"case": reference}).status_code == 422
    assert administrator.post(f"{PAGE}/delete", data=chosen).status_code == 302
    assert reference in administrator.get(PAGE).text
    with reading(engine) as connection:
        stone = connection.execute(select(Tombstone)).one()
        assert connection.scalars(select(Case.id)).all() == []
    assert (stone.reference, stone.deleted_by) == (reference, "administrator@council.example")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({"reference": "\x00", "reason": "Inquiry"}, "no case of that reference"),
        ({"reference": "EH-1", "reason": "Inquiry", "lift": "1"}, "no case of that reference"),
        ({"reference": "", "reason": "Inquiry", "place": "1"}, "Enter the reference of the case"),
    ],
)
def test_a_hold_on_nothing_is_refused_with_what_was_typed(
    engine: Engine, tmp_path: Path, typed: dict[str, str], told: str
) -> None:
    page = site_in(engine, tmp_path).signed_in("administrator").post(f"{PAGE}/hold", data=typed)
    assert (page.status_code, "Inquiry" in page.text) == (422, True)
    shown = re.search(r'id="reference-error"[^>]*>(.*?)</p>', page.text, re.DOTALL)
    assert shown is not None, "the words stand beside their field"
    assert told in shown[1]
    assert 'href="#reference"' in page.text


def test_a_hold_without_a_reason_says_so_beside_the_reason(engine: Engine, tmp_path: Path) -> None:
    site = site_in(engine, tmp_path)
    with transaction(engine) as connection:
        reference = allocated(connection, site.council)
    typed = {"reference": reference, "reason": " ", "place": "1"}
    page = site.signed_in("administrator").post(f"{PAGE}/hold", data=typed)
    assert page.status_code == 422
    assert re.search(r'id="reason-error"[^>]*>.*?Enter the reason', page.text, re.DOTALL)
    assert f'value="{reference}"' in page.text


def test_the_examples_rules_offer_nothing_to_delete(engine: Engine, tmp_path: Path) -> None:
    site = site_in(engine, tmp_path)
    with transaction(engine) as connection:
        reference = allocated(connection, site.council)
        connection.execute(
            update(Case).values(
                is_open=False, closed_at=MONDAY, outcome="no_further_action", last_event_at=MONDAY
            )
        )
    site.now = datetime(2032, 3, 3, 12, tzinfo=UTC)
    administrator = site.signed_in("administrator")
    page = administrator.get(PAGE).text
    assert reference in page
    assert "What the example would find" in page
    assert all(words not in page for words in ("Due for deletion", "Delete for good", 'name="sure"'))
    _own_rules(site, tmp_path)
    assert "Delete for good" in administrator.get(PAGE).text


@pytest.fixture
def large(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A council of too many closed cases to look through for each look, of which three are due."""
    site = site_in(engine, tmp_path)
    site.now = datetime(2032, 3, 2, 12, tzinfo=UTC)
    with transaction(engine) as connection:
        for surname in ("Angove", "Bolitho", "Curnow"):
            allocated(connection, site.council, surname=surname)
        connection.execute(update(Case).values(is_open=False, closed_at=MONDAY))
    _own_rules(site, tmp_path)
    monkeypatch.setattr(retention, "first_to_review", partial(first_to_review, above=0))
    monkeypatch.setattr(scheduled, "many_closed", lambda connection, above: True)
    return site


def _reviewed(site: Site) -> None:
    worker = {"settings": site.app.extensions["earlyhelp"].settings, "now": site.now}
    scheduled.review_daily(site.engine, **worker, stopping=lambda: False)


def test_a_large_council_is_told_when_its_cases_were_looked_through_and_shown_them_as_they_are(
    large: Site,
) -> None:
    administrator = large.signed_in("administrator")
    before = administrator.get(PAGE).text
    assert "All closed cases are being looked through by these rules" in before
    assert "No case is due" not in before
    _reviewed(large)
    large.now += timedelta(minutes=5)
    with reading(large.engine) as connection:
        opened_again, held, due = connection.scalars(select(Case.reference).order_by(Case.id))
    assert administrator.get(PAGE).text.count('name="case"') == 3
    hold = {"reference": held, "reason": "Public inquiry", "place": "1"}
    assert administrator.post(f"{PAGE}/hold", data=hold).status_code == 302
    with transaction(large.engine) as connection:
        connection.execute(update(Case).where(Case.reference == opened_again).values(is_open=True))
    page = administrator.get(PAGE).text
    assert "All closed cases were looked through on Tue 2 March at midday" in page
    assert re.findall(r'name="case" value="([^"]+)"', page) == [due]
    assert "It is under legal hold" in page
    assert opened_again not in page
    assert administrator.post(f"{PAGE}/delete", data={"case": due, "sure": "yes"}).status_code == 302
    after = administrator.get(PAGE).text
    assert 'name="case"' not in after
    assert "No case is due" in after


def test_that_none_of_the_first_is_due_any_more_does_not_say_that_none_is(
    large: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _reviewed(large)
    monkeypatch.setattr(retention, "MOST", 1)
    administrator = large.signed_in("administrator")
    assert "3 cases altogether when they were looked through" in administrator.get(PAGE).text
    with transaction(large.engine) as connection:
        connection.execute(update(Case).where(Case.id <= 2).values(is_open=True))
    page = administrator.get(PAGE).text
    assert "None of the first cases to look at is due any more" in page
    assert "No case is due" not in page
    with transaction(large.engine) as connection:
        connection.execute(update(Case).values(is_open=False, closed_at=None, last_event_at=MONDAY))
        connection.execute(update(Person).values(date_of_birth=None))
    _own_rules(large, tmp_path, '[{ anchor = "birth", years = 25 }]')
    _reviewed(large)
    page = administrator.get(PAGE).text
    assert "No case is due" in page, "however many must be kept"
    assert "3 cases altogether" in page


@pytest.mark.parametrize("few_are_closed", [False, True])
def test_the_page_asks_as_often_for_one_case_as_for_many(
    large: Site, monkeypatch: pytest.MonkeyPatch, few_are_closed: bool
) -> None:
    if few_are_closed:
        monkeypatch.setattr(retention, "first_to_review", first_to_review)
        monkeypatch.setattr(scheduled, "many_closed", lambda connection, above: False)
    monkeypatch.setattr(reviewing, "AT_ONCE", 1)

    def asked(most: int) -> int:
        with transaction(large.engine) as connection:
            connection.execute(update(Case).values(is_open=Case.id > most))
        large.now += timedelta(days=1)
        _reviewed(large)
        administrator = large.signed_in("administrator")
        with counted(large.engine) as statements:
            assert administrator.get(PAGE).text.count('name="case"') == most
        return len(statements)

    asked(1)  # what a process reads once has been read
    assert asked(1) == asked(3)


def test_rules_that_cannot_be_used_are_complained_of_and_no_case_is_looked_through(
    large: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "own" / "retention" / "rules.toml").write_text("rules = []")
    _reviewed(large)
    assert "records were not reviewed" in caplog.text
    with reading(large.engine) as connection:
        assert connection.scalar(select(KeptReview.id)) is None


def _own_rules(site: Site, folder: Path, keep: str = '[{ anchor = "closing", years = 6 }]') -> None:
    """The council's own rules, in the folder that its settings name."""
    own = folder / "own" / "retention" / "rules.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text(f'[[rules]]\nname = "Ours"\nkeep = {keep}\n')
    kept = site.app.extensions["earlyhelp"]
    object.__setattr__(kept.settings, "workflows_path", folder / "own")
