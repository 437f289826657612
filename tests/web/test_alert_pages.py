"""Alerts for people: by urgency, each clock once, with a promise or not at all."""

import re
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from earlyhelp.casework.stages import NOT_URGENT, tier_of
from earlyhelp.insight import alert_choices
from earlyhelp.insight.urgency import STAGES, Wanted, count_by_owner, rank_of, urgent_first
from earlyhelp.records.clocks import Alert, ClockRow, Sweep
from earlyhelp.records.database import reading, transaction
from earlyhelp.web.alerts import listing
from tests.casework.watched_cases import MONDAY, Council, accepted, allocated, days, swept
from tests.web.test_every_route import counted
from tests.web.watched_site import Site, site_after, site_in

ALERTS = "/management/alerts"
LEVELS = ["warning_1", "warning_2", "warning_3", "breach", "escalation_1", "escalation_2", "escalation_3"]


@pytest.fixture
def site(engine: Engine, tmp_path: Path) -> Site:
    return site_in(engine, tmp_path)


@pytest.fixture
def late(engine: Engine, tmp_path: Path) -> Site:
    """Sixteen days on: one family allocated and overdue, one not allocated yet, one just begun."""
    return site_after(three_families, engine, tmp_path)


def three_families(connection: Connection, council: Council) -> None:
    allocated(connection, council)
    accepted(connection, council, surname="Waiting")
    allocated(connection, council, at=MONDAY + days(10), surname="Newer")
    swept(connection, MONDAY + days(16))


def listed(site: Site, who: str = "manager", **wanted: Any) -> list[Row[Any]]:
    with reading(site.engine) as connection:
        return list(urgent_first(connection, person=site.council[who], wanted=Wanted(**wanted), limit=500))


def raised(site: Site, **wanted: Any) -> list[Row[Any]]:
    with reading(site.engine) as connection:
        return list(connection.execute(select(Alert).filter_by(**wanted).order_by(Alert.id)))


def references(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*><a[^>]*>(EH-[^<]+)</a>', page)


def acknowledge(site: Site, alert: Any, who: str = "manager", **form: str) -> Any:
    start = ALERTS if who == "manager" else "/my-cases/alerts"
    return site.signed_in(who).post(f"{start}/{alert.id}/acknowledge", data=form)


def test_the_most_urgent_comes_first_then_the_longest_overdue(late: Site) -> None:
    with transaction(late.engine) as connection:
        last = listed(late)[-1]
        connection.execute(
            update(Alert).where(Alert.id == last.id).values(urgent=True, tier=Alert.tier - NOT_URGENT)
        )
    found = listed(late)
    assert found[0].id == last.id
    kinds = {"escalation": 0, "breach": 1, "warning": 2}
    order = [(not a.urgent, kinds[a.stage.split("_")[0]], a.due_at, a.id) for a in found]
    assert order == sorted(order)
    assert len({row[1] for row in order}) > 1


def test_of_each_clock_only_the_highest_stage_is_listed(late: Site) -> None:
    with reading(late.engine) as connection:
        everything = connection.execute(select(Alert).where(Alert.status == "open")).all()
    highest: dict[int, str] = {}
    for alert in sorted(everything, key=lambda alert: LEVELS.index(alert.stage)):
        highest[alert.clock_id] = alert.stage
    assert len(highest) < len(everything)
    found = listed(late, who="service_manager")
    assert sorted(a.stage for a in found) == sorted(highest.values())
    assert len(found) == len(highest)


def test_a_warning_stays_hidden_behind_a_breach_somebody_has_promised_to_act_on(late: Site) -> None:
    [top] = [a for a in listed(late) if a.clock == "first_contact" and a.stage != "warning_1"]
    assert acknowledge(late, top, note="Jo visits", by="").status_code == 302
    assert top.reference not in [a.reference for a in listed(late) if a.clock == "first_contact"]
    assert top.id in [a.id for a in listed(late, status="acknowledged")]


def test_the_counts_agree_with_the_lists_they_lead_to(late: Site) -> None:
    with reading(late.engine) as connection:
        counts = count_by_owner(connection, person=late.council["manager"], wanted=Wanted())
    assert len(counts) > 1
    for count in counts:
        found = listed(late, team=count.team_id or 0, worker=count.lead_professional_id or 0)
        assert len(found) == count.alerts
        assert len([a for a in found if not a.stage.startswith("warning")]) == count.overdue
    page = late.signed_in("manager").get(ALERTS).text
    assert f"<strong>{sum(count.alerts for count in counts)}</strong> alerts" in page


def test_very_many_alerts_are_counted_only_when_somebody_asks(
    late: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything, client = listed(late), late.signed_in("manager")
    whole = client.get(ALERTS).text
    monkeypatch.setattr(listing, "MOST", 1)
    page = client.get(ALERTS).text
    assert "<strong>More than 1</strong> alerts." in page
    assert "By team and worker" not in page
    assert references(page) == references(whole)
    [asking] = re.findall(r'href="([^"]+count=all[^"]*)"', page)
    assert f"<strong>{len(everything)}</strong> alerts" in client.get(asking.replace("&amp;", "&")).text
    [lone] = [a for a in everything if a.lead_professional is None][:1]
    assert lone.reference in client.get(f"{ALERTS}?worker=0").text


@pytest.mark.parametrize("most", [1_000, 3, 2, 1])
def test_above_a_list_stands_how_many_are_on_it(
    late: Site, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(listing, "MOST", most)
    client, everything = late.signed_in("manager"), listed(late)
    for worker in (0, late.council["lead"].id):
        mine = listed(late, worker=worker)
        overdue = len([alert for alert in mine if not alert.stage.startswith("warning")])
        page = client.get(f"{ALERTS}?worker={worker}").text
        assert 0 < overdue < len(everything)
        assert len(mine) < len(everything)
        if len(mine) > most:
            assert f"<strong>More than {most}</strong> alerts." in page
        else:
            assert re.search(rf"<strong>{len(mine)}</strong> alerts?, {overdue} of them overdue", page)
        assert ("By team and worker" in page) == (len(everything) <= most)


def test_each_filter_leaves_what_it_names(late: Site) -> None:
    client, lead = late.signed_in("manager"), late.council["lead"]
    assert len(references(client.get(f"{ALERTS}?worker={lead.id}").text)) == len(listed(late, worker=lead.id))
    for asked in ("team=0", "worker=0", "stage=warning", "stage=overdue", "clock=first_contact"):
        page = client.get(f"{ALERTS}?{asked}")
        name, value = asked.split("=")
        wanted: dict[str, Any] = {name: int(value) if value == "0" else value}
        assert len(references(page.text)) == len(listed(late, **wanted)), asked
    assert client.get(f"{ALERTS}?status=&stage=&clock=&team=&worker=").status_code == 200


def test_who_was_chosen_stays_chosen_where_nothing_of_theirs_can_occur(late: Site) -> None:
    client, lead = late.signed_in("south_manager"), late.council["lead"].id
    for address in (ALERTS, "/management/cases", "/management/time-limits"):
        page = client.get(f"{address}?worker={lead}").text
        assert f'<option value="{lead}" selected>Lead</option>' in page
        assert "No such" in page
        assert ">Lead</option>" not in client.get(address).text
    assert client.get(f"{ALERTS}?worker=999999").status_code == 404
    assert client.get("/management/cases?worker=999999&team=999999").status_code == 200


def test_many_workers_are_offered_once_a_team_is_chosen(late: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_choices, "FEW", 1)
    client, council = late.signed_in("service_manager"), late.council
    page = client.get(ALERTS).text
    assert "Choose a team first" in page
    assert 'value="0">Nobody yet</option></select>' in page
    page = client.get(f"{ALERTS}?team={council['manager'].team_id}").text
    assert "Choose a team first" not in page
    assert f'<option value="{council["lead"].id}">Lead</option>' in page


def test_a_stage_is_asked_for_by_the_tiers_that_its_alerts_have() -> None:
    for stage, urgent in product(LEVELS, (True, False)):
        kind = stage.partition("_")[0]
        asked_for_by = {name for name, tiers in STAGES.items() if tier_of(stage, urgent) in tiers}
        assert asked_for_by == {kind} | ({"overdue"} if kind != "warning" else set())


@pytest.mark.parametrize(
    "asked",
    [
        *("status=x", "stage=%27", "clock=no_such", "team=999999999999999999999", "team=x", "worker=-1"),
        *("after=x", "after=9.AAAA", "after=0.", "after=%C3%A4", "after=0.%C3%A4", "worker=%00"),
    ],
)
def test_an_address_that_asks_for_what_there_is_not_is_no_page(late: Site, asked: str) -> None:
    client = late.signed_in("manager")
    assert client.get(f"{ALERTS}?{asked}").status_code == 404


@pytest.mark.parametrize("status", ["open", "resolved"])
def test_pages_follow_each_other_without_a_gap_or_a_repeat(late: Site, status: str) -> None:
    if status == "resolved":
        with transaction(late.engine) as connection:
            connection.execute(update(Alert).values(status="resolved", resolution="Moved"))
    whole = [a.id for a in listed(late, status=status)]
    seen: list[int] = []
    after = None
    with reading(late.engine) as connection:
        for _ in range(len(whole)):
            page = urgent_first(
                connection,
                person=late.council["manager"],
                wanted=Wanted(status=status),
                after=after,
                limit=1,
            )
            seen.append(page[0].id)
            after = rank_of(page[0])
    assert seen == whole
    assert len(whole) > 3


def test_a_warning_says_when_its_clock_is_due_and_not_when_it_was_raised(late: Site) -> None:
    [warning] = [a for a in listed(late) if a.stage.startswith("warning") and a.clock == "first_contact"]
    page = late.signed_in("manager").get(f"{ALERTS}?clock=first_contact&stage=warning").text
    last_day = (warning.due_at - timedelta(hours=1)).date()
    assert f"Due by end of {last_day:%a} {last_day.day} {last_day:%B}" in page
    assert "Fell due" not in page


def test_a_promise_without_words_comes_back_with_what_was_typed(late: Site) -> None:
    alert = listed(late)[0]
    answer = acknowledge(late, alert, note="  ", by="2026-03-19")
    assert answer.status_code == 422
    assert f'<a href="#note-{alert.id}">Say what will happen' in answer.text
    assert 'value="2026-03-19"' in answer.text
    assert "<title>Error: " in re.sub(r">\s+", ">", answer.text)
    assert raised(late, id=alert.id)[0].status == "open"


@pytest.mark.parametrize("by", ["2026-03-01", "2030-01-01", "9999-12-31", "0001-01-01", "tomorrow", "\x00"])
def test_a_promise_for_a_day_that_will_not_do_keeps_its_words(late: Site, by: str) -> None:
    alert = listed(late)[0]
    answer = acknowledge(late, alert, note="Jo <b>visits</b>", by=by)
    assert answer.status_code == 422
    assert f'<a href="#by-{alert.id}">' in answer.text
    assert ">Jo &lt;b&gt;visits&lt;/b&gt;</textarea>" in answer.text


def test_a_promise_comes_back_to_the_filtered_list(late: Site) -> None:
    alert = listed(late, clock="first_contact")[0]
    path = f"{ALERTS}/{alert.id}/acknowledge?clock=first_contact&status=open"
    answer = late.signed_in("manager").post(path, data={"note": "Jo visits\x00", "by": "2026-03-19"})
    assert answer.headers["Location"] == f"{ALERTS}?status=open&clock=first_contact"
    [kept] = raised(late, id=alert.id)
    assert (kept.status, kept.promise) == ("acknowledged", "Jo visits")


def test_a_second_promise_on_the_same_alert_is_told_in_words(late: Site) -> None:
    alert = listed(late)[0]
    acknowledge(late, alert, note="Jo visits")
    answer = acknowledge(late, alert, note="I also")
    assert answer.status_code == 422
    assert "Somebody has promised to act on this until" in answer.text


@pytest.mark.parametrize("alert_id", [2**31, 10**30, 999_999])
def test_an_alert_that_is_not_there_is_not_found(late: Site, alert_id: int) -> None:
    answer = late.signed_in("manager").post(f"{ALERTS}/{alert_id}/acknowledge", data={"note": "x"})
    assert answer.status_code == 404


def test_nobody_acknowledges_an_alert_of_a_case_they_may_not_see(late: Site) -> None:
    alert = next(a for a in listed(late) if a.clock == "first_contact")
    other = late.signed_in("other_lead").post(f"/my-cases/alerts/{alert.id}/acknowledge", data={"note": "x"})
    assert other.status_code == 404
    south = late.signed_in("south_manager").post(f"{ALERTS}/{alert.id}/acknowledge", data={"note": "x"})
    assert south.status_code == 404


def test_a_lead_professional_promises_about_their_own_alerts_and_sees_them_settled(late: Site) -> None:
    lead = late.signed_in("lead")
    page = lead.get("/my-cases").text
    assert "Needs you now" in page
    alert = listed(late, who="lead", worker=late.council["lead"].id)[0]
    assert f"/my-cases/alerts/{alert.id}/acknowledge" in page
    assert acknowledge(late, alert, who="lead", note="").status_code == 422
    assert acknowledge(late, alert, who="lead", note="I visit on Friday", by="2026-03-20").status_code == 302
    assert "I visit on Friday" in lead.get("/my-cases/alerts?status=acknowledged").text
    with transaction(late.engine) as connection:
        connection.execute(
            update(Alert).where(Alert.id == alert.id).values(status="resolved", resolution="Met")
        )
    resolved = lead.get("/my-cases/alerts?status=resolved").text
    assert "Met" in resolved
    assert "I visit on Friday" in resolved


def test_the_lists_cost_the_same_queries_for_five_alerts_and_two_hundred(late: Site) -> None:
    clients = [(late.signed_in("manager"), ALERTS), (late.signed_in("lead"), "/my-cases/alerts")]
    costs = []
    for copies in (0, 200):
        with transaction(late.engine) as connection:
            clock = connection.execute(
                select(ClockRow).where(ClockRow.name == "first_contact").limit(1)
            ).one()
            alert = connection.execute(select(Alert).where(Alert.clock_id == clock.id).limit(1)).one()
            for n in range(copies):
                row = {name: value for name, value in clock._mapping.items() if name != "id"}
                new = connection.execute(
                    insert(ClockRow).values(row | {"started_by": 1_000 + n}).returning(ClockRow.id)
                ).scalar_one()
                told = {name: value for name, value in alert._mapping.items() if name != "id"}
                connection.execute(insert(Alert).values(told | {"clock_id": new}))
        for client, path in clients:
            client.get(path)
            with counted(late.engine) as statements:
                assert client.get(path).status_code == 200
            costs.append(len(statements))
    assert costs[:2] == costs[2:]
    assert max(costs) <= 12
    assert len(listed(late)) > 200


@pytest.mark.parametrize(("minutes", "warned"), [(1, False), (6, True), (None, True)])
def test_managers_are_warned_when_nobody_watches_the_clocks(
    site: Site, minutes: int | None, warned: bool
) -> None:
    if minutes is not None:
        with transaction(site.engine) as connection:
            swept(connection, site.now - timedelta(minutes=minutes))
    page = site.signed_in("manager").get("/management").text
    assert ("Time limits are not being watched" in page) is warned
    assert ("No sweep has run yet" in page) is (minutes is None)


def test_administration_tells_the_lag_of_the_last_day(late: Site) -> None:
    with reading(late.engine) as connection:
        assert connection.scalar(select(func.count()).select_from(Sweep)) == 1
    page = late.signed_in("administrator").get("/administration").text
    assert re.search(r"Longest lag of the last 24 hours</dt><dd[^>]*>\d+ days? \d+ hours?<", page)
    late.now += days(2)
    assert "Nothing was raised" in late.signed_in("administrator").get("/administration").text
