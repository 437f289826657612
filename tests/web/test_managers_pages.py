"""The pages of managers: each number is the length of its list, and what is typed wrongly is said and kept."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, select, update

from earlyhelp.casework.accounts import deactivate
from earlyhelp.exporting import FORMATS
from earlyhelp.insight import board_owners, board_teams, caseload, offering
from earlyhelp.records.cases import Case, Event
from earlyhelp.records.database import transaction
from earlyhelp.records.feedback import Feedback
from earlyhelp.records.organisation import Team, User
from earlyhelp.records.people import Person as PersonRow
from tests.casework.watched_cases import MONDAY, Council, accepted, allocated, contact, days
from tests.web.managers_papers import practice_codes
from tests.web.test_every_route import counted
from tests.web.watched_site import Site, site_after

MADE_UP = (
    "/management/cases?team=x",
    "/management/cases?kind=nothing",
    "/management/time-limits?when=never",
    "/management/caseload.csv?as_known_on=2026-02-31",
    "/management/caseload/99999999999999999999",
    "/management/feedback?after=%00",
    "/management/feedback/99999999999999999999",
    "/management/feedback?stage=4",
    "/management/audits/graded?grade=none",
    "/management/audits/graded?team=999999",
    "/management/audits/99999999999999999999",
    "/management/data-quality/none",
    "/management/data-quality/quiet?after=1-x",
    "/management/flow?pathway=none",
    "/management/flow/screening?from=2026-03-02&until=2026-03-01",
    "/management/workers/99999999999999999999",
)


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    """Two cases led, one to allocate, two contacts of today; sixteen days after the first."""
    return site_after(five_families, engine, tmp_path)


def five_families(connection: Connection, council: Council) -> None:
    practice_codes(connection)
    allocated(connection, council, surname="Angove")
    allocated(connection, council, at=MONDAY + days(1), surname="Bolitho")
    accepted(connection, council, at=MONDAY + days(14), surname="Curnow")
    for surname in ("Hosken", "Nance"):
        contact(connection, council, at=MONDAY + days(16), surname=surname)


def numbers(page: str) -> dict[str, tuple[int, str]]:
    """The numbers of the dashboard and where each leads, by label."""
    found = re.findall(
        r'app-number">(\d+)</span><a class="govuk-link govuk-body-s" href="([^"]+)">([^<]+)', page
    )
    return {label: (int(number), link.replace("&amp;", "&")) for number, link, label in found}


def rows_in(client: FlaskClient, link: str) -> int:
    page = client.get(link)
    assert page.status_code == 200, link
    return page.text.count('<th scope="row"')


def test_every_number_of_the_dashboard_is_the_length_of_its_list(site: Site) -> None:
    for who in ("manager", "south_manager", "screening_manager", "service_manager"):
        client = site.signed_in(who)
        page = client.get("/management").text
        told = numbers(page)
        assert len(told) == 9
        for label, (number, link) in told.items():
            if not link.startswith("/front-door"):
                assert rows_in(client, link) == number, (who, label, link)
        for link, number in re.findall(r'href="(/management/time-limits\?[^"]+)">(\d+)<', page):
            assert rows_in(client, link.replace("&amp;", "&")) == int(number), link


def test_what_the_dashboard_cuts_to_a_page_says_so_and_leads_to_the_whole(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = site.signed_in("service_manager")
    whole = client.get("/management").text
    assert "See every time limit that is overdue" not in whole
    for module in (board_owners, board_teams, caseload):
        monkeypatch.setattr(module, "PAGE", 1)
    with transaction(site.engine) as connection:
        south = Team.key == "south"
        elsewhere = select(Team.id).where(south).scalar_subquery()
        connection.execute(update(User).where(User.name == "Other Lead").values(team_id=elsewhere))
    page = client.get("/management").text
    assert numbers(page) == numbers(whole)
    assert "The 1 with most that is overdue, of 3." in page
    assert "The 1 with most workers over their ceiling, of 2 teams." in page
    assert 'href="/management/time-limits">See every time limit that is overdue' in page
    page = client.get("/management/caseload").text
    assert "1 team on this page, by name." in page
    (following,) = re.findall(r'href="(/management/caseload\?after=\d+)"', page)
    assert "Other Lead" in client.get(following).text


def test_the_front_door_of_today_is_counted(site: Site) -> None:
    told = numbers(site.signed_in("service_manager").get("/management").text)
    assert told["contacts received"][0] == 2
    assert told["waiting for a decision"][0] == 2
    assert told["families to allocate"][0] == 1
    assert told["overdue now"][0] >= 2


def test_cases_move_only_when_confirmed_and_all_together(site: Site) -> None:
    client = site.signed_in("manager")
    lead = site.council["lead"]
    page = client.get(f"/management/caseload/{lead.id}").text
    boxes = re.findall(r'name="case" id="case-\d+" value="([^"]+)"', page)
    assert len(boxes) == 2
    form = {"case": boxes, "lead_professional": "other_lead@council.example", "reason": "Lead is on leave"}
    preview = client.post(f"/management/caseload/{lead.id}", data=form)
    assert preview.status_code == 200
    assert "Move 2 cases" in preview.text
    assert len(led_by(site, "lead")) == 2
    answer = client.post(f"/management/caseload/{lead.id}", data={**form, "confirmed": "yes"})
    assert answer.status_code == 302
    assert len(led_by(site, "other_lead")) == 2
    with site.engine.connect() as connection:
        events = connection.execute(select(Event.reason).where(Event.kind == "reallocation")).all()
    assert [event.reason for event in events] == ["Lead is on leave"] * 2


def test_one_case_that_somebody_changed_holds_back_them_all(site: Site) -> None:
    client = site.signed_in("manager")
    first, second = led_by(site, "lead")
    form = {
        "case": [f"{first}:1", f"{second}:4"],
        "lead_professional": "other_lead@council.example",
        "reason": "Lead is on leave",
        "confirmed": "yes",
    }
    answer = client.post(f"/management/caseload/{site.council['lead'].id}", data=form)
    assert answer.status_code == 422
    assert "Somebody else changed this case" in answer.text
    assert "1 of the 2 cases cannot be moved" in answer.text
    assert led_by(site, "lead") == [first, second]


def test_a_move_without_a_reason_is_refused_and_the_choice_is_kept(site: Site) -> None:
    client = site.signed_in("manager")
    first, _ = led_by(site, "lead")
    answer = client.post(f"/management/caseload/{site.council['lead'].id}", data={"case": f"{first}:4"})
    assert answer.status_code == 422
    assert "Say why these cases move" in answer.text
    assert re.search(rf'value="{first}:\d+" checked', answer.text)


def test_a_manager_of_another_team_sees_no_worker_of_this_one(site: Site) -> None:
    client = site.signed_in("south_manager")
    lead = site.council["lead"].id
    assert client.get(f"/management/caseload/{lead}").status_code == 404
    assert client.get(f"/management/workers/{lead}").status_code == 404
    assert "Lead" not in re.findall(r"<tbody.*?</tbody>", client.get("/management/caseload").text, re.S)[0:1]


def test_the_caseload_comes_as_a_file(site: Site) -> None:
    client = site.signed_in("manager")
    for file_format in FORMATS:
        answer = client.get(f"/management/caseload.{file_format}")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].endswith(f'.{file_format}"')
        assert len(answer.data) > 100


def test_a_complaint_is_recorded_and_answered(site: Site) -> None:
    client = site.signed_in("manager")
    (reference, _) = led_by(site, "lead")
    today = {
        f"received_on-{part}": str(value)
        for part, value in zip(("day", "month", "year"), (4, 3, 2026), strict=True)
    }
    form = {
        "kind": "complaint",
        "said_by": "parent",
        "said": "Nobody <b>rang</b>",
        "case": reference,
        **today,
    }
    refused = client.post("/management/feedback/new", data=form)
    assert refused.status_code == 422
    assert "Choose the stage of the complaint" in refused.text
    assert "Nobody &lt;b&gt;rang" in refused.text
    assert client.post("/management/feedback/new", data={**form, "stage": "1"}).status_code == 302
    with site.engine.connect() as connection:
        given = connection.execute(select(Feedback)).one()
    assert (given.stage, given.team_id) == (1, team_id(site, "north"))
    page = client.get(f"/management/feedback/{given.id}")
    assert page.status_code == 200
    reply = {
        "outcome": "upheld",
        "answer": "We said sorry",
        "answered_on-day": "5",
        "answered_on-month": "3",
        "answered_on-year": "2026",
    }
    assert client.post(f"/management/feedback/{given.id}", data={**reply, "outcome": "x"}).status_code == 422
    assert client.post(f"/management/feedback/{given.id}", data=reply).status_code == 302
    feedback = client.get("/management/feedback").text
    assert "Upheld" in feedback
    number, link = opened(feedback, "all, stage 1: local resolution")
    assert number == 1
    assert "Upheld" in client.get(link).text
    assert "Upheld" not in client.get(link.replace("stage=1", "stage=2")).text
    assert site.signed_in("south_manager").get(f"/management/feedback/{given.id}").status_code == 404


def test_a_sample_is_drawn_again_by_its_number_and_graded_once(site: Site) -> None:
    client = site.signed_in("service_manager")
    dates = {"first_on-day": "2", "first_on-month": "3", "first_on-year": "2026"}
    dates |= {"last_on-day": "18", "last_on-month": "3", "last_on-year": "2026"}
    form = {"title": "Spring", "theme": "random", "size": "3", "seed": "11", **dates}
    assert client.post("/management/audits/new", data=form).status_code == 422
    form["auditors"] = "service_manager@council.example"
    drawn = [client.post("/management/audits/new", data=form).headers["Location"] for _ in range(2)]
    cases = [re.findall(r'href="/cases/([^"]+)"', client.get(address).text) for address in drawn]
    assert cases[0] == cases[1]
    assert len(cases[0]) == 3
    (address, *_) = re.findall(r'href="(/management/audits/cases/\d+)"', client.get(drawn[0]).text)
    found = {"grade": "good", "strengths": "The child's voice", "learning": "Write sooner"}
    assert client.post(address, data={**found, "grade": "splendid"}).status_code == 422
    assert client.post(address, data=found).status_code == 302
    assert client.post(address, data=found).status_code == 422
    number, link = opened(client.get("/management/audits").text, "good: Random")
    assert (number, client.get(link).text.count("/cases/EH-")) == (1, 1)
    assert client.get("/management/audits/graded?team=0").status_code == 200
    report = client.get("/management/audits/report.csv").text
    assert report.count("Write sooner") == 1
    assert site.signed_in("manager").get(address).status_code == 404


def test_nobody_audits_a_case_they_acted_on(site: Site) -> None:
    client = site.signed_in("manager")
    form = {
        "title": "Ours",
        "theme": "contact_to_provider",
        "size": "2",
        "auditors": "screener@council.example",
    }
    form |= {"first_on-day": "2", "first_on-month": "3", "first_on-year": "2026"}
    form |= {"last_on-day": "18", "last_on-month": "3", "last_on-year": "2026"}
    assert "Choose who audits" in client.post("/management/audits/new", data=form).text
    form["auditors"] = "south_manager@council.example"
    assert "Nobody chosen may audit 2 of the cases" in client.post("/management/audits/new", data=form).text


def test_where_very_many_could_audit_those_who_do_are_named_by_address(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offering, "FEW", 1)
    client = site.signed_in("service_manager")
    assert "manager@council.example" not in client.get("/management/audits/new").text
    form = {"title": "Ours", "theme": "contact_to_provider", "size": "2"}
    form |= {"first_on-day": "2", "first_on-month": "3", "first_on-year": "2026"}
    form |= {"last_on-day": "18", "last_on-month": "3", "last_on-year": "2026"}
    wrong = client.post("/management/audits/new", data=form | {"auditors": "lead@council.example\nnobody"})
    assert wrong.status_code == 422
    assert "Choose who audits" in wrong.text
    assert "lead@council.example\nnobody" in wrong.text
    crowd = "\n".join(f"auditor{number}@council.example" for number in range(101))
    assert (
        "people share a sample" in client.post("/management/audits/new", data=form | {"auditors": crowd}).text
    )
    named = form | {"auditors": "South_Manager@council.example, "}
    assert "Nobody chosen may audit" in client.post("/management/audits/new", data=named).text


def test_each_check_of_data_quality_counts_what_its_list_shows(site: Site) -> None:
    with transaction(site.engine) as connection:
        children = list(connection.scalars(select(PersonRow.id).order_by(PersonRow.id)))
        update = PersonRow.__table__.update()
        connection.execute(update.where(PersonRow.id == children[0]).values(date_of_birth=None))
        connection.execute(
            update.where(PersonRow.id == children[1]).values(date_of_birth=(MONDAY + days(8)).date())
        )
        connection.execute(
            update.where(PersonRow.id.in_(children[2:4])).values(nhs_number="9434765919", search_name="x")
        )
        lead = site.council["lead"].id
        assert lead is not None
        deactivate(connection, user_id=lead)
    site.now = MONDAY + days(75)
    client = site.signed_in("service_manager")
    page = client.get("/management/data-quality").text
    told = dict(re.findall(r'href="/management/data-quality/([a-z-]+)">(\d+)<', page))
    assert told["birth-dates"] == "1"
    assert told["impossible-dates"] == "1"
    assert told["leads-who-left"] == "2"
    assert told["quiet"] == "3"
    assert int(told["duplicates"]) >= 2
    for check, number in told.items():
        assert rows_in(client, f"/management/data-quality/{check}") == int(number), check


def test_the_flow_shows_who_is_where_and_which_way_they_went(site: Site) -> None:
    client = site.signed_in("service_manager")
    page = client.get("/management/flow?from=2026-03-01&until=2026-03-31").text
    assert "style=" not in page[page.index("<svg") : page.index("</svg>")]
    words = page[page.index('id="in-words"') :]
    for link, number in re.findall(r'href="(/management/(?:flow/|cases)[^"]+)">(\d+)<', words):
        assert rows_in(client, link.replace("&amp;", "&")) == int(number), link
    assert "100 % Accept for early help" in words


def test_a_worker_sees_the_timeliness_that_their_manager_sees(site: Site) -> None:
    period = "?from=2026-03-01&until=2026-03-31"
    lead = site.council["lead"].id
    theirs = site.signed_in("manager").get(f"/management/workers/{lead}{period}").text
    mine = site.signed_in("lead").get(f"/my-timeliness{period}").text
    cells = [re.findall(r"<td[^>]*data-label=\"This period\">([^<]+)", page) for page in (theirs, mine)]
    assert cells[0] == cells[1]
    assert "0.0 %" in cells[0]
    assert rows_in(site.signed_in("lead"), f"/my-timeliness/first_contact_in_time{period}") == 2


def test_what_somebody_added_to_an_address_breaks_no_link_to_the_next_page(site: Site) -> None:
    address = f"/management/workers/{site.council['lead'].id}/first_contact_in_time"
    added = "endpoint=x&key=x&user_id=9&_scheme=x&_method=x"
    page = site.signed_in("manager").get(f"{address}?from=2026-03-01&until=2026-03-31&{added}")
    assert page.status_code == 200


def test_lists_cost_the_same_queries_for_few_cases_and_for_many(site: Site) -> None:
    client = site.signed_in("manager")
    addresses = ["/management", "/management/caseload", "/management/cases", "/management/time-limits"]
    addresses += [f"/management/caseload/{site.council['lead'].id}", "/management/data-quality/ethnicity"]
    for address in addresses:  # a pathway's own words are read once by a process
        client.get(address)
    costs = []
    for _ in range(2):
        with counted(site.engine) as statements:
            for address in addresses:
                assert client.get(address).status_code == 200
        costs.append(len(statements))
        with transaction(site.engine) as connection:
            for number in range(6):
                allocated(connection, site.council, at=MONDAY + days(2), surname=f"Rowe{number}")
    assert costs[0] == costs[1]


def test_an_administrator_sets_teams_hours_and_ceilings(site: Site) -> None:
    client = site.signed_in("administrator")
    team = {
        "name": "North",
        "kind": "locality",
        "locality": "Millbrook",
        "pathway": "standard",
        "ceiling": "14",
        "manager": "",
    }
    assert client.post("/administration/teams/north", data={**team, "ceiling": "many"}).status_code == 422
    assert client.post("/administration/teams/north", data=team).status_code == 302
    lead = site.council["lead"].id
    hours = {"fte": "0.5", "newly_qualified": "no", "ceiling": ""}
    assert (
        client.post(f"/administration/teams/workers/{lead}", data={**hours, "fte": "nan"}).status_code == 422
    )
    assert client.post(f"/administration/teams/workers/{lead}", data=hours).status_code == 302
    page = site.signed_in("manager").get("/management/caseload.json").json
    assert page is not None
    (north,) = page["teams"]
    assert {worker["name"]: worker["ceiling"] for worker in north["by_worker"]} == {
        "Lead": 7,
        "Other Lead": 14,
    }
    assert north["fte"] == 1.5


def test_ceilings_and_weights_are_the_councils_own(site: Site) -> None:
    client = site.signed_in("administrator")
    page = client.get("/administration/teams/workload").text
    form = dict(re.findall(r'name="([a-z_]+)" type="text"[^>]*value="(\d+)"', page))
    assert form["ceilings__locality"] == "16"
    assert (
        client.post("/administration/teams/workload", data={**form, "newly_qualified": "-1"}).status_code
        == 422
    )
    answer = client.post("/administration/teams/workload", data={**form, "ceilings__locality": "1"})
    assert answer.status_code == 302
    told = site.signed_in("manager").get("/management/caseload").text
    assert "1 over" in told


def test_a_wrong_day_is_told_and_comes_back_as_typed(site: Site) -> None:
    client = site.signed_in("manager")
    for page in ("caseload?as_known_on=", "flow?until=", f"workers/{site.council['lead'].id}?from="):
        answer = client.get(f"/management/{page}31 <2>")
        assert answer.status_code == 422
        assert "There is a problem" in answer.text
        assert 'value="31 &lt;2&gt;" aria-describedby="' in answer.text
    answer = client.get("/management/flow?from=2026-03-02&until=2026-03-01")
    assert answer.status_code == 422
    assert "The last day must not lie before the first" in answer.text


def test_the_cases_that_a_team_leads_open_now_and_as_known_then(site: Site) -> None:
    """The council's lead is of the team; the other case's lead is a partner's, of none."""
    client, lead = site.signed_in("manager"), site.council["lead"]
    page = client.get("/management/caseload").text
    number, link = opened(page, "open cases led by North")
    assert (number, client.get(link).text.count("/cases/EH-")) == (2, 2)
    assert "Open cases led by North" in client.get(link).text
    known = client.get("/management/caseload?as_known_on=2026-03-02").text
    number, link = opened(known, f"open cases of {lead.name} on that day")
    assert (number, client.get(link).text.count("/cases/EH-")) == (1, 1)


def opened(page: str, hidden: str) -> tuple[int, str]:
    """The number beside these words for screen readers, and where it leads."""
    found = re.search(rf'href="([^"]+)">(\d+)<span class="govuk-visually-hidden"> {hidden}', page)
    assert found is not None, hidden
    return int(found[2]), found[1].replace("&amp;", "&")


def test_an_address_that_somebody_made_up_is_not_found(site: Site) -> None:
    client = site.signed_in("service_manager")
    for address in MADE_UP:
        assert client.get(address).status_code == 404, address


def led_by(site: Site, who: str) -> list[str]:
    with site.engine.connect() as connection:
        mine = Case.lead_professional_id == site.council[who].id
        return list(connection.scalars(select(Case.reference).where(mine).order_by(Case.reference)))


def team_id(site: Site, key: str) -> int:
    with site.engine.connect() as connection:
        return connection.execute(select(Team.id).where(Team.key == key)).scalar_one()
