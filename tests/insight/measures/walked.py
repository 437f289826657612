"""The measures once more, as slowly and plainly as they are said: every event of every case, one after another.

Shares no code with the measures. Working days come from the oracle of the clock rules. Holds for the standard pathway.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from earlyhelp.records.cases import CasePerson, Event
from earlyhelp.records.organisation import Agency, User
from earlyhelp.records.people import Person
from tests.properties.day_by_day import LONDON, working

DAY = timedelta(days=1)
BELOW = {"close_no_further_action", "close_with_advice", "signpost"}
DECIDED = BELOW | {"close_agreement_refused", "refer_to_social_care", "accept_for_early_help", "join_contact"}
BEGINS = {"accept_for_early_help", "step_down"}
STATES = {
    "screening": "screening",
    "gathering_information": "information",
    "awaiting_allocation": "allocation",
    "awaiting_first_contact": "first_contact",
    "assessing": "assessment",
    "awaiting_authorisation": "authorisation",
    "plan_in_progress": "plan",
    "step_up_requested": "step_up",
}
AWAY = {
    "receive_contact",
    "step_down",
    "information_received",
    "record_first_contact",
    "record_contact_attempt",
    "record_plan_shared",
    "record_review",
    "withdraw_agreement",
    "answer_referrer",
    "record_service_reached",
}
CLOCKS: dict[str, tuple[set[str], set[str], set[str]]] = {
    "screening": ({"receive_contact", "reopen", "return_step_up"}, DECIDED, set()),
    "first_contact": ({"allocate_lead_professional"}, {"record_first_contact"}, set()),
    "assessment": ({"allocate_lead_professional", "begin_reassessment"}, {"authorise_assessment"}, set()),
    "review": ({"authorise_assessment", "record_review"}, {"record_review", "close_case"}, set()),
    "referrer_answer": (DECIDED, {"answer_referrer"}, set()),
    "signpost_check": ({"signpost"}, {"record_service_reached"}, {"reopen"}),
}
"""For each kind: the actions that start it, stop it, end it without a judgement."""
WORKING_DAYS = {
    "screening": 1,
    "first_contact": 5,
    "assessment": 15,
    "referrer_answer": 3,
    "signpost_check": 20,
}
OUTLIVES_CLOSING = {"referrer_answer", "signpost_check"}
BACK_AGAIN = {"receive_contact", "reopen", "refer_to_social_care", "request_step_up", "accept_step_up"}


@dataclass
class Happened:
    """An event as it was known: when it is held to have happened."""

    row: Any
    at: datetime

    @property
    def on(self) -> date:
        return local(self.at)

    @property
    def moved(self) -> bool:
        return bool(self.row.from_state is None or self.row.from_state != self.row.to_state)


@dataclass
class Run:
    kind: str
    start: Happened
    pauses: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    end: Happened | None = None
    judged: bool = False


@dataclass
class World:
    """Everything known before a moment."""

    at: datetime
    cases: dict[int, list[Happened]]
    children: dict[int, set[int]]
    partners: set[int]

    @property
    def today(self) -> date:
        return local(self.at - timedelta(microseconds=1))

    def everything(self) -> Iterator[tuple[int, Happened]]:
        for case, history in self.cases.items():
            for event in history:
                yield case, event


def local(moment: datetime) -> date:
    return moment.astimezone(LONDON).date()


def read_world(connection: Connection, *, at: datetime, recorded_before: datetime | None) -> World:
    cases: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(select(Event).order_by(Event.case_id, Event.sequence)):
        if recorded_before is None or row.recorded_at < recorded_before:
            cases[row.case_id].append(row)
    children: dict[int, set[int]] = defaultdict(set)
    people = select(CasePerson.case_id, CasePerson.is_child, Person.id, Person.merged_into_id)
    for row in connection.execute(people.join(Person, Person.id == CasePerson.person_id)):
        if row.is_child:
            children[row.case_id].add(row.merged_into_id or row.id)
    agencies = select(User.id).join(Agency, Agency.id == User.agency_id).where(Agency.kind != "council")
    partners = set(connection.scalars(agencies))
    return World(at, {case: list(_righted(rows)) for case, rows in cases.items()}, children, partners)


def _righted(rows: Sequence[Any]) -> Iterator[Happened]:
    right = {row.corrects: row.corrected_to for row in rows if row.corrects is not None}
    for row in rows:
        yield Happened(row, right.get(row.sequence, row.occurred_at))


def next_working(day: date) -> date:
    while not working(day):
        day += DAY
    return day


def working_days(first: date, last: date) -> int:
    """Working days after the day that the first counts as, up to the last; never less than none."""
    day, count = next_working(first), 0
    while day < last:
        day += DAY
        count += working(day)
    return count


def after(day: date, count: int) -> date:
    day = next_working(day)
    while count:
        day += DAY
        count -= working(day)
    return day


def months_on(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = (date(year + (month == 11), (month + 1) % 12 + 1, 1) - DAY).day
    return date(year, month + 1, min(day.day, last))


def end_of(day: date) -> datetime:
    """The first moment that is no longer that day in London."""
    following = day + DAY
    return datetime(following.year, following.month, following.day, tzinfo=LONDON).astimezone(UTC)


def last_day(run: Run) -> date:
    """The last day in time, pauses left out."""
    start = run.start
    if run.kind != "review":
        return after(start.on, WORKING_DAYS[run.kind])
    if start.row.action == "authorise_assessment":
        return start.on + 42 * DAY
    named = date.fromisoformat(start.row.fields["next_review_date"])
    return min(months_on(start.on, 3), max(named, start.on))


def net_last_day(run: Run) -> date:
    """The same, with the days it was paused given back. Of working days for clocks of working days."""
    due = last_day(run)
    for paused, resumed in run.pauses:
        if resumed is None:
            continue
        if run.kind == "review":
            due += local(resumed) - local(paused)
        else:
            due = after(due, working_days(local(paused), local(resumed)))
    return due


def runs(world: World, kind: str) -> Iterator[tuple[int, Run]]:
    starts, stops, ends = CLOCKS[kind]
    for case, history in world.cases.items():
        running: Run | None = None
        for event in history:
            action, closing = event.row.action, event.row.to_state == "closed" and event.moved
            if running is not None and action in {"pause_clock", "resume_clock"}:
                _pause(running, event)
            if running is not None and action in stops:
                yield case, _ended(running, event, judged=True)
                running = None
            elif running is not None and (action in ends or (closing and kind not in OUTLIVES_CLOSING)):
                yield case, _ended(running, event, judged=False)
                running = None
            if action in starts and running is None and _may_start(kind, event):
                running = Run(kind, event)
        if running is not None:
            yield case, running


def _may_start(kind: str, event: Happened) -> bool:
    into = event.row.to_state
    return (
        into in {"screening", "gathering_information"}
        if kind == "screening"
        else into != "closed" or (kind in OUTLIVES_CLOSING)
    )


def _pause(run: Run, event: Happened) -> None:
    if event.row.fields.get("clock") != run.kind:
        return
    if event.row.action == "pause_clock":
        run.pauses.append((event.at, None))
    elif run.pauses:
        run.pauses[-1] = (run.pauses[-1][0], event.at)


def _ended(run: Run, event: Happened, *, judged: bool) -> Run:
    run.end, run.judged = event, judged
    if run.pauses and run.pauses[-1][1] is None:
        run.pauses[-1] = (run.pauses[-1][0], event.at)
    return run
