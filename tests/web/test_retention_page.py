"""An administrator ends records: looks first, is refused what must be kept, and leaves a name."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select, update

from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.retention import Tombstone
from tests.casework.watched_cases import MONDAY, allocated
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


def _own_rules(site: Site, folder: Path) -> None:
    """The council's own rules, in the folder that its settings name."""
    own = folder / "own" / "retention" / "rules.toml"
    own.parent.mkdir(parents=True)
    own.write_text('[[rules]]\nname = "Six years"\nkeep = [{ anchor = "closing", years = 6 }]\n')
    kept = site.app.extensions["earlyhelp"]
    object.__setattr__(kept.settings, "workflows_path", folder / "own")
