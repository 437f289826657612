"""Whoever is signed out while writing finds it again after signing in: they, and nobody else."""

from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, func, select

from earlyhelp.casework.kept_work import MOST_EACH
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.kept_work import KeptPost
from tests.casework.drafted import TUESDAY, assessing, paper
from tests.casework.watched_cases import days
from tests.web.watched_site import PASSWORD, Site, site_in

WRITTEN = "Kerra says\nthat mornings < are hard"


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    site = site_in(engine, tmp_path)
    site.now = TUESDAY + days(1)
    return site


def signed_out_while_writing(site: Site) -> tuple[FlaskClient, str, str]:
    """Somebody whose session has ended sends a section; the case, and where signing in leads to."""
    with transaction(site.engine) as connection:
        reference = assessing(connection, site.council)
    lead = site.signed_in("lead")
    site.now += days(0.25)
    form = {"version": "0", "q_parents_views": WRITTEN, "q_childs_voice": "Short", "go": "list"}
    answer = lead.post(f"/cases/{reference}/assessment/sections/voices", data=form)
    assert answer.status_code == 302
    return lead, reference, answer.headers["Location"]


def sign_in(client: FlaskClient, who: str, address: str) -> str:
    form = {"email": f"{who}@council.example", "password": PASSWORD}
    return client.post(address, data=form).headers["Location"]


def test_what_was_sent_after_the_session_had_ended_is_given_back(site: Site) -> None:
    lead, reference, address = signed_out_while_writing(site)
    assert "Kerra" not in address
    back = sign_in(lead, "lead", address)
    page = lead.get(back)
    assert "that mornings &lt; are hard" in page.text
    form = {"version": "0", "q_parents_views": WRITTEN, "q_childs_voice": "Short", "go": "list"}
    sent = lead.post(back, data=form)
    assert sent.status_code == 307
    lead.post(sent.headers["Location"], data=form)
    with reading(site.engine) as connection:
        answers = paper(connection, reference, site.council["lead"]).sections["voices"].answers
        assert connection.scalar(select(func.count()).select_from(KeptPost)) == 0
    assert answers == {"parents_views": WRITTEN, "childs_voice": "Short"}


def test_nobody_else_finds_it(site: Site) -> None:
    lead, _, address = signed_out_while_writing(site)
    back = sign_in(lead, "other_lead", address)
    assert lead.get(back).status_code == 404
    assert lead.post(back).status_code == 404


def test_it_is_kept_for_a_day(site: Site) -> None:
    lead, _, address = signed_out_while_writing(site)
    site.now += days(1)
    assert lead.get(sign_in(lead, "lead", address)).status_code == 404


def test_it_can_be_thrown_away(site: Site) -> None:
    lead, _, address = signed_out_while_writing(site)
    back = sign_in(lead, "lead", address)
    assert lead.post(f"{back}/discard").status_code == 302
    assert lead.get(back).status_code == 404


def test_an_ended_session_cannot_fill_the_database(site: Site) -> None:
    lead, reference, _ = signed_out_while_writing(site)
    for _ in range(MOST_EACH + 2):
        lead.post(f"/cases/{reference}/assessment/sections/voices", data={"q_childs_voice": "Again"})
    lead.post("/my-cases/alerts/1/acknowledge", data={"note": "x" * 600_000})
    lead.post("/my-cases/alerts/1/acknowledge", data={"new_password": "hunter2"})
    lead.post("/cases/nul%00%3F/assessment/sections/voices?a=%ff", data={"note": "nul \x00"})
    with reading(site.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(KeptPost)) == MOST_EACH


def test_a_stranger_keeps_nothing(site: Site) -> None:
    answer = site.app.test_client().post("/my-cases/alerts/1/acknowledge", data={"note": "Hello"})
    assert answer.headers["Location"] == "/sign-in"
    with reading(site.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(KeptPost)) == 0


def test_an_ended_session_stays_ended(site: Site) -> None:
    lead, _, _ = signed_out_while_writing(site)
    assert lead.get("/my-cases").status_code == 302
    assert lead.get("/my-cases").status_code == 302


def test_the_work_is_kept_when_the_session_was_ended_from_elsewhere_or_reached_its_limit(site: Site) -> None:
    writing, elsewhere = site.signed_in("lead"), site.signed_in("lead")
    elsewhere.post("/account/sessions/end-others")
    for _ in range(2):
        answer = writing.post("/my-cases/alerts/1/acknowledge", data={"note": "Rang the school"})
        back = sign_in(writing, "lead", answer.headers["Location"])
        assert "/kept-work/" in back
        assert writing.get(back).status_code == 200
        with writing.session_transaction() as session:
            session["since"] = (site.now - days(0.6)).isoformat()
