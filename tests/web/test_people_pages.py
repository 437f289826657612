"""Who is already known, as a screener is asked; one person's page; making one record of two, and two again."""

import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select, update

from earlyhelp.casework.intake import open_case
from earlyhelp.records.cases import Case, CasePerson
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.matching import MatchDecision, PersonMerge, SuspectedDuplicate
from earlyhelp.records.people import Person
from earlyhelp.records.reference import AccessEntry
from tests.casework.watched_cases import MONDAY
from tests.web.watched_site import Site, site_in

PAGE = "/front-door/contacts/new"
CONTACT = {
    "source": "1A",
    "channel": "telephone",
    "children-0-given_name": "Bill",
    "children-0-family_name": "Tregenza",
    "children-0-date_of_birth-day": "4",
    "children-0-date_of_birth-month": "5",
    "children-0-date_of_birth-year": "2019",
    "worries": "Often absent",
    "strengths": "Close to his grandmother",
    "agreement": "given",
    "presenting_needs": "1A",
}
WILLIAM = {
    "given_name": "William",
    "family_name": "Tregenza",
    "date_of_birth": "2019-05-04",
    "gender": "male",
    "postcode": "WS1 1TP",
}
FIELDS = {
    "source": "3A",
    "channel": "telephone",
    "presenting_needs": [],
    "worries": "Often absent from school",
    "strengths": "Close to her grandmother",
    "agreement": "given",
}


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


def told_of(site: Site, **child: Any) -> str:
    """A contact about this child; the child's public id."""
    with transaction(site.engine) as connection:
        opened = open_case(
            connection,
            person=site.council["screener"],
            children=[{**WILLIAM, **child}],
            fields=FIELDS,
            now=MONDAY,
        )
        of_case = (
            select(Person.public_id)
            .join(CasePerson, CasePerson.person_id == Person.id)
            .where(CasePerson.case_id == opened.case_id)
        )
        return str(connection.scalars(of_case).one())


def contact_of(site: Site, **more: str) -> dict[str, str]:
    needs = re.findall(
        r'name="presenting_needs"[^>]*value="([^"]+)"', site.signed_in("screener").get(PAGE).text
    )
    return {**CONTACT, "presenting_needs": needs[0], **more}


def test_the_page_asks_before_it_saves_and_links_who_is_chosen(site: Site) -> None:
    known = told_of(site)
    client, form = site.signed_in("screener"), contact_of(site)
    asked = client.post(PAGE, data=form)
    assert asked.status_code == 200
    assert "Who is already known" in asked.text
    assert "Another form of the first name, same surname, same date of birth" in asked.text
    assert f'value="{known}"' in asked.text
    again = client.post(PAGE, data={**form, "asked": "1"})
    assert again.status_code == 422
    assert "Select who Bill Tregenza is, or none of these" in again.text
    with reading(site.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(Case)) == 1
    saved = client.post(PAGE, data={**form, "asked": "1", "shown-0": known, "known-0": known})
    assert saved.status_code == 302
    with reading(site.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(Person)) == 1
        decision = connection.execute(select(MatchDecision)).one()
    assert decision.chosen
    assert decision.decided_by_id == site.council["screener"].id


def test_none_of_these_is_kept_with_who_was_shown(site: Site) -> None:
    known = told_of(site)
    client, form = site.signed_in("screener"), contact_of(site)
    saved = client.post(PAGE, data={**form, "shown-0": known, "known-0": "none"})
    assert saved.status_code == 302
    with reading(site.engine) as connection:
        decision = connection.execute(select(MatchDecision)).one()
        standing = connection.scalars(select(SuspectedDuplicate.status)).all()
        assert connection.scalar(select(func.count()).select_from(Person)) == 2
    assert (decision.declined, decision.chosen) == ([known], False)
    assert standing == ["declined"]


def test_a_choice_does_not_outlive_the_name_it_was_made_for(site: Site) -> None:
    known = told_of(site)
    other = contact_of(site, **{"children-0-given_name": "Wenna"})
    client = site.signed_in("screener")
    saved = client.post(PAGE, data={**other, "shown-0": known, "known-0": known})
    assert saved.status_code == 302
    with reading(site.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(Person)) == 2


def test_a_stranger_is_saved_without_a_question(site: Site) -> None:
    told_of(site)
    form = contact_of(site, **{"children-0-family_name": "Obi", "children-0-given_name": "Ada"})
    assert site.signed_in("screener").post(PAGE, data=form).status_code == 302


def test_who_is_typed_is_looked_up_while_typing(site: Site) -> None:
    known = told_of(site)
    client = site.signed_in("screener")
    found = client.post("/people/matches", data={**CONTACT, "child": "0"})
    assert found.status_code == 200
    assert f'value="{known}"' in found.text
    assert "4 May 2019" in found.text
    for nothing in ({"child": "1"}, {"child": "²"}, {"child": "0", "children-0-given_name": "\x00"}, {}):
        assert client.post("/people/matches", data=nothing).status_code == 204


def test_of_a_restricted_record_nothing_shows_and_managers_are_told_once(site: Site) -> None:
    told_of(site)
    with transaction(site.engine) as connection:
        connection.execute(update(Person).values(restricted=True))
    client, form = site.signed_in("screener"), contact_of(site)
    for _ in range(2):
        found = client.post("/people/matches", data={**CONTACT, "child": "0"})
        assert "Speak to a manager" in found.text
        assert "William" not in found.text
        assert "2019" not in found.text
    saved = client.post(PAGE, data=form)
    assert saved.status_code == 302
    assert "Speak to a manager" in client.get(saved.location).text
    with reading(site.engine) as connection:
        told = connection.execute(select(OutboxMessage).where(OutboxMessage.topic == "restricted")).all()
    assert [one.recipient_id for one in told] == [site.council["service_manager"].id]
    assert "William" not in told[0].body + told[0].subject


def pair(site: Site) -> tuple[str, str]:
    """Two records that are one boy: the older and the newer."""
    return told_of(site), told_of(site, given_name="Bill", postcode=None)


def test_a_persons_page_shows_what_is_theirs_to_see_and_is_written_down(site: Site) -> None:
    older, newer = pair(site)
    page = site.signed_in("screener").get(f"/people/{newer}")
    assert page.status_code == 200
    assert "Bill Tregenza" in page.text
    assert "May be recorded twice" in page.text
    assert f"/people/{older}" in page.text
    assert "See what merging moves" not in page.text
    assert site.signed_in("lead").get(f"/people/{newer}").status_code == 404
    assert site.signed_in("analyst").get(f"/people/{newer}").status_code == 403
    with reading(site.engine) as connection:
        person_id = connection.scalar(select(Person.id).where(Person.public_id == newer))
        read = connection.scalars(select(AccessEntry.person_id).where(AccessEntry.what == "person")).all()
    assert read == [person_id]


def test_nobody_but_service_managers_opens_a_restricted_record(site: Site) -> None:
    known = told_of(site)
    with transaction(site.engine) as connection:
        connection.execute(update(Person).values(restricted=True))
    assert site.signed_in("screener").get(f"/people/{known}").status_code == 404
    assert site.signed_in("administrator").get(f"/people/{known}").status_code == 404
    assert site.signed_in("service_manager").get(f"/people/{known}").status_code == 200


def test_an_administrator_merges_two_records_and_undoes_it(site: Site) -> None:
    older, newer = pair(site)
    client = site.signed_in("administrator")
    listed = client.get("/administration/people")
    assert f"/administration/people/merge/{older}/{newer}" in listed.text
    address = f"/administration/people/merge/{older}/{newer}"
    assert "What moves" in client.get(address).text
    refused = client.post(address, data={"reason": " "})
    assert refused.status_code == 422
    assert "Enter the reason" in refused.text
    assert client.post(address, data={"reason": "One <b>boy</b>"}).status_code == 302
    assert site.signed_in("screener").get(f"/people/{newer}").location == f"/people/{older}"
    after = client.get("/administration/people")
    assert "One &lt;b&gt;boy" in after.text
    assert "Nobody is suspected to be recorded twice" in after.text
    with reading(site.engine) as connection:
        merge_id = connection.scalar(select(PersonMerge.id))
    undo = f"/administration/people/merges/{merge_id}/undo"
    assert f"What goes back to {newer}" in client.get(undo).text
    assert client.post(undo, data={"reason": "Cousins"}).status_code == 302
    assert client.get(undo).status_code == 302
    assert site.signed_in("screener").get(f"/people/{newer}").status_code == 200


def test_two_people_are_said_to_be_two_and_not_listed_again(site: Site) -> None:
    pair(site)
    client = site.signed_in("administrator")
    with reading(site.engine) as connection:
        suspected = connection.scalar(select(SuspectedDuplicate.id))
    assert client.post(f"/administration/people/{suspected}/different").status_code == 302
    assert "Nobody is suspected" in client.get("/administration/people").text
    assert client.post(f"/administration/people/{suspected}/different").status_code == 404
    assert client.post("/administration/people/99999999999/different").status_code == 404


def test_a_case_shows_who_its_child_may_be(site: Site) -> None:
    older, _newer = pair(site)
    with reading(site.engine) as connection:
        reference = connection.scalar(select(Case.reference).order_by(Case.id.desc()).limit(1))
    page = site.signed_in("screener").get(f"/cases/{reference}").text
    assert "Bill Tregenza may already be known" in page
    assert f"/people/{older}" in page
