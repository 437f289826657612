"""An administrator imports a list of contacts: looks at how it is read, mends it, and only then takes it in."""

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from earlyhelp.records.cases import Case
from earlyhelp.records.database import reading
from earlyhelp.records.imports import ContactImport, ImportMap
from tests.casework.test_importing import COLUMNS, JORY, WENNA, as_csv, as_xlsx
from tests.web.watched_site import Site, site_in


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


def upload(content: bytes, name: str = "list.csv") -> dict[str, Any]:
    return {"file": (io.BytesIO(content), name)}


def number_of(site: Site, model: Any) -> int:
    with reading(site.engine) as connection:
        return connection.scalar(select(func.count()).select_from(model)) or 0


def as_read(**changes: str) -> dict[str, str]:
    """The form of the preview with every column as it was guessed."""
    held = [
        "reference",
        "received_at",
        "source",
        "agreement",
        "worries",
        "strengths",
        "given_name",
        "family_name",
    ]
    held += ["date_of_birth", "gender", "ethnicity", "nhs_number", "postcode"]
    return {f"column-{place}": name for place, name in enumerate(held)} | changes


def test_a_list_is_looked_at_before_it_comes_in(site: Site) -> None:
    ada = site.signed_in("administrator")
    strange = [*WENNA[:4], "<script>alert(1)</script>", *WENNA[5:]]
    answer = ada.post("/administration/imports", data=upload(as_xlsx([COLUMNS, strange, JORY]), "a/<b>.xlsx"))
    page = ada.get(answer.headers["Location"]).text
    assert "2 contacts would be imported" in page
    assert "<script>alert" not in page
    assert '<option value="date_of_birth" selected>' in page
    assert number_of(site, Case) == 0
    done = ada.post(answer.headers["Location"], data=as_read(), follow_redirects=True)
    assert "2 contacts imported" in done.text
    assert (number_of(site, Case), number_of(site, ImportMap)) == (2, 1)
    with reading(site.engine) as connection:
        assert connection.scalars(select(ContactImport.content)).all() == [""]
    assert ada.get(answer.headers["Location"]).status_code == 404


def test_faults_are_listed_and_nothing_comes_in_until_they_are_mended(site: Site) -> None:
    ada = site.signed_in("administrator")
    columns = ["Who rang" if name == "Contact Source" else name for name in COLUMNS]
    answer = ada.post(
        "/administration/imports", data=upload(as_csv([columns, WENNA, [*JORY[:8], "x", *JORY[9:]]]))
    )
    address = answer.headers["Location"]
    page = ada.get(address).text
    assert "No column holds source" in page
    assert "row 3, column DOB" in page
    refused = ada.post(address, data=as_read())
    assert (refused.status_code, number_of(site, Case)) == (422, 0)
    assert "No column holds source" not in refused.text
    looked = ada.post(address, data=as_read(look="1", **{"column-8": ""}), follow_redirects=True)
    assert "2 contacts would be imported" in looked.text
    ada.post(address, data={"forget": "1"})
    assert (number_of(site, ContactImport), number_of(site, Case)) == (0, 0)


def test_old_cases_come_with_their_past(site: Site) -> None:
    ada = site.signed_in("administrator")
    rows = [[*COLUMNS, "Outcome", "Decision date"], [*WENNA, "NFA", "03/03/2026"]]
    answer = ada.post("/administration/imports", data={**upload(as_csv(rows)), "historical": "1"})
    form = as_read(**{"column-13": "decision", "column-14": "decided_at"})
    assert "Old cases" in ada.post(answer.headers["Location"], data=form, follow_redirects=True).text
    with reading(site.engine) as connection:
        assert connection.scalars(select(Case.outcome)).all() == ["no_further_action"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "Choose a file"),
        (upload(b""), "it is empty"),
        (upload(b"PK\x03\x04 no"), "damaged"),
        (upload(as_csv([["a"]] * 5_001)), "at a terminal"),
    ],
)
def test_what_cannot_be_read_is_said_on_the_page(site: Site, data: dict[str, Any], words: str) -> None:
    answer = site.signed_in("administrator").post("/administration/imports", data=data)
    assert answer.status_code == 422
    assert words in answer.text
    assert number_of(site, ContactImport) == 0
