"""Looking only where a changed day matters finds what looking at every open clock finds, and what then moves.

Cases of a pathway with a clock of every kind begin, pause, resume and are corrected while days are closed and opened,
in any order; `preview`, which reckons every open clock again, is what must be found.
"""

from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from sqlalchemy import Connection, select

from earlyhelp.casework.changed_days import changed_days, forget_changed_days
from earlyhelp.casework.intake import open_case
from earlyhelp.casework.pathways import close_office, open_office, publish
from earlyhelp.casework.recalculate import Move, apply_batch, preview
from earlyhelp.casework.would_move import would_move
from earlyhelp.pathway.facts import Refused
from earlyhelp.pathway.loading import content_of, load, load_content
from earlyhelp.permissions import SYSTEM
from earlyhelp.places import workflows
from earlyhelp.records.cases import Case, Closure
from tests.casework.watched_cases import MONDAY, Council, act, found_council

WORKING_DAY, TWO, THREE, FIVE = ({"working_days": count} for count in (1, 2, 3, 5))
CLOCKS: dict[str, dict[str, Any]] = {
    "allocation": {"due": FIVE, "warn": ["80%"], "escalate": [THREE], "pausable": True},
    "assessment": {
        "due": {"working_days": 15},
        "warn": ["60%", "80%"],
        "escalate": [TWO, FIVE],
        "pausable": True,
    },
    "authorisation": {"due": {"working_days": 0}, "cut_off": "16:00", "until": "close_of_business"},
    "screening": {"due": WORKING_DAY, "cut_off": "12:00", "warn": ["50%"]},
    "information": {"due": THREE, "count_from": "same_day", "escalate": [{"hours": 30}]},
    "step_up": {
        "due": {"working_hours": 20},
        "warn": ["50%"],
        "escalate": [{"working_hours": 10}],
        "pausable": True,
    },
    "other": {"due": {"hours": 30}, "escalate": [TWO], "pausable": True},
    "review": {
        "due": {"weeks": 2},
        "or_sooner": "handover_on",
        "warn": ["80%"],
        "escalate": [THREE],
        "pausable": True,
    },
    "reassessment": {"due": {"months": 1}, "warn": [{"before": FIVE}]},
    "referrer_answer": {"due": {"days": 10}, "warn": ["50%"], "pausable": True},
    "signpost_check": {
        "due": {"working_days": 20},
        "or_sooner": "handover_on",
        "escalate": [{"months": 1}],
        "pausable": True,
    },
    "plan_shared": {"due": FIVE, "until": "close_of_business", "warn": [{"before": TWO}]},
    "social_work_assessment": {"due": {"working_days": 8}, "escalate": [{"weeks": 1}], "pausable": True},
}
PAUSABLE = sorted(kind for kind, clock in CLOCKS.items() if "pausable" in clock)
NUMBERS = st.integers(0, 30)
BEGIN = st.tuples(st.just("begins"), NUMBERS, st.integers(0, 12))
STEP = st.one_of(
    BEGIN,
    st.tuples(st.just("pauses"), NUMBERS, st.sampled_from(PAUSABLE)),
    st.tuples(st.just("pauses"), NUMBERS, st.sampled_from(PAUSABLE)),
    st.tuples(st.just("resumes"), NUMBERS, st.sampled_from(PAUSABLE)),
    st.tuples(st.just("is corrected"), NUMBERS, st.integers(-100, 30)),
    st.tuples(st.just("closes"), NUMBERS, st.just("")),
    st.tuples(st.just("closes"), NUMBERS, st.just("as one began")),
    st.tuples(st.just("opens"), NUMBERS, st.just(0)),
    st.tuples(st.just("moves"), st.just(0), st.just(0)),
    st.tuples(st.just("forgets"), st.just(0), st.just(0)),
)
HOURS = st.integers(0, 90)
HISTORY = st.tuples(
    st.lists(st.tuples(HOURS, BEGIN), min_size=1, max_size=3),
    st.lists(st.tuples(HOURS, STEP), min_size=4, max_size=16),
).map(lambda parts: parts[0] + parts[1])


def publish_every_kind(connection: Connection) -> None:
    content = content_of(load(workflows() / "standard.toml"))
    common = {"title": "A limit", "starts": ["step_down"], "stops": ["close_case"], "holder": "manager"}
    content["name"] = "every_kind"
    content["clocks"] = {
        kind: {"name": kind, "kind": kind, **common, **clock} for kind, clock in CLOCKS.items()
    }
    for clock in content["clocks"].values():
        clock["escalate"] = [{"after": span, "to": ["manager"]} for span in clock.get("escalate", [])]
    content["codes"]["pausable_clocks"] = {kind: {"label": kind} for kind in PAUSABLE}
    publish(connection, load_content(content), by="tests", now=MONDAY)


def moved(connection: Connection, now: datetime) -> list[Move]:
    """What a run moves, in batches of two cases."""
    moves: list[Move] = []
    after: int | None = 0
    while after is not None:
        done = apply_batch(connection, person=SYSTEM, reason="Closed", now=now, after=after, at_most=2)
        moves, after = moves + list(done.moves), done.after
    return moves


class History:
    """What happens to the cases of a council, from Monday on."""

    def __init__(self, connection: Connection, council: Council) -> None:
        self.connection, self.council, self.now = connection, council, MONDAY

    def take(self, hours: int, what: str, number: int, how: Any) -> None:
        self.now += timedelta(hours=hours)
        day = self.now.date() + timedelta(days=number - 8)
        match what:
            case "begins":
                self.begin(number, how)
            case "pauses" | "resumes":
                action = "pause_clock" if what == "pauses" else "resume_clock"
                self.act(number, action, {"clock": how, "reason": "Family abroad"})
            case "is corrected":
                happened = max(self.now + timedelta(hours=min(how, 0)), MONDAY - timedelta(days=9))
                fields = {
                    "event": 1 + number % 3,
                    "happened_at": happened.isoformat(),
                    "reason": "Typed wrong",
                }
                self.act(number, "correct_event", fields)
            case "closes" | "opens":
                began = self.connection.scalars(select(Case.opened_at).order_by(Case.id)).all()
                self.close_or_open(began[number % len(began)].date() if how else day, what)
            case "moves":
                assert sorted(preview(self.connection)) == sorted(moved(self.connection, self.now))
            case "forgets":
                self.forget()

    def begin(self, number: int, sooner: int) -> None:
        at = self.now - timedelta(hours=5 * number)
        handover = at.date() + timedelta(days=sooner)
        fields = {
            "from_team": "Team 3",
            "plan_ended": "CIN",
            "handover_on": handover.isoformat(),
            "still_needs": "Routines at home",
            "level_of_need": "targeted",
            "agreement": "given",
            "team": "north",
        }
        open_case(
            self.connection,
            person=self.council["manager"],
            action="step_down",
            pathway="every_kind",
            children=[{"given_name": "Wenna", "family_name": "Tregenza", "date_of_birth": "2019-05-04"}],
            fields=fields,
            now=self.now,
            occurred_at=at,
        )

    def act(self, number: int, action: str, fields: dict[str, Any]) -> None:
        references = self.connection.scalars(select(Case.reference).order_by(Case.id)).all()
        if references:
            with suppress(Refused), self.connection.begin_nested():
                reference = references[number % len(references)]
                act(self.connection, reference, action, self.council["manager"], fields, now=self.now)

    def close_or_open(self, day: date, what: str) -> None:
        closed = set(self.connection.scalars(select(Closure.on)))
        if what == "closes" and day not in closed:
            close_office(self.connection, on=day, name="Closed")
        elif what == "opens" and closed:
            open_office(self.connection, on=sorted(closed)[day.toordinal() % len(closed)])

    def forget(self) -> None:
        """As the worker does: only where nothing would move."""
        days = changed_days(self.connection)
        if days is not None and not preview(self.connection):
            forget_changed_days(self.connection, days)


@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(history=HISTORY)
def test_what_is_found_is_what_reckoning_every_clock_finds(
    connection: Connection, history: list[Any]
) -> None:
    with connection.begin_nested() as this_example:
        council = found_council(connection)
        publish_every_kind(connection)
        happening = History(connection, council)
        for hours, step in history:
            happening.take(hours, *step)
            assert sorted(would_move(connection)) == sorted(preview(connection))
        this_example.rollback()
