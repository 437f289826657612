"""A name in an address that no name can be is not found. PostgreSQL refuses a question that holds it."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.web.watched_site import Site, site_in

MADE_UP = (
    ("service_manager", "/scorecard/contacts_received/denominator?by=source&of="),
    ("service_manager", "/scorecard/contacts_received/denominator?by=team&of="),
    ("service_manager", "/management/flow/screening?action="),
    ("service_manager", "/management/flow/screening?to="),
    ("service_manager", "/management/cases?state="),
    ("service_manager", "/management/cases?pathway="),
    ("administrator", "/audit/reads?record="),
    ("screener", "/front-door?source="),
    ("screener", "/front-door/contacts/new?draft="),
)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


@pytest.mark.parametrize(("role", "address"), MADE_UP)
def test_a_name_that_no_name_can_be_is_not_found(site: Site, role: str, address: str) -> None:
    client = site.signed_in(role)
    assert client.get(f"{address}x").status_code in {200, 404}
    for letter in ("%00", "a%1Fb"):
        assert client.get(address + letter).status_code == 404
