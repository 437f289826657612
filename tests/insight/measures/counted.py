"""What each measure counts, walked: for every key the values of its rows, each with the day it falls on."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from tests.insight.measures.walked import (
    AWAY,
    BACK_AGAIN,
    BEGINS,
    BELOW,
    DECIDED,
    STATES,
    Happened,
    Run,
    World,
    after,
    end_of,
    last_day,
    local,
    months_on,
    net_last_day,
    next_working,
    runs,
    working_days,
)

Rows = Iterator[tuple[date, int]]


def contacts(world: World) -> list[tuple[int, Happened]]:
    return [(case, event) for case, event in world.everything() if event.row.kind == "contact"]


def again(world: World, these: list[tuple[int, Happened]], those: list[tuple[int, Happened]]) -> Rows:
    """For each of these: 1 where a child of it had one of those in the 12 months before."""
    for case, event in these:
        mine = (event.at, case, event.row.sequence)
        found = any(
            world.children[other] & world.children[case]
            and (earlier.at, other, earlier.row.sequence) < mine
            and earlier.on >= months_on(event.on, -12)
            for other, earlier in those
        )
        yield event.on, int(found)


def decisions(world: World) -> Iterator[tuple[Happened, Happened]]:
    """For each contact that was decided: receipt and first decision."""
    for history in world.cases.values():
        if history and history[0].row.kind == "contact":
            first = next((e for e in history if e.row.action in DECIDED and e.moved), None)
            if first is not None:
                yield history[0], first


def spells(world: World) -> Iterator[tuple[int, Happened, Happened | None]]:
    """Early help: its case, beginning and end."""
    for case, history in world.cases.items():
        begun: Happened | None = None
        for event in history:
            if event.row.action in BEGINS:
                begun = event
            elif begun is not None and event.moved and event.row.to_state == "closed":
                yield case, begun, event
                begun = None
        if begun is not None:
            yield case, begun, None


def outcome(end: Happened) -> str:
    named = {"accept_step_up": "escalated", "withdraw_agreement": "agreement_withdrawn"}
    return str(end.row.fields.get("end_measure") or named.get(end.row.action, "agreement_refused"))


def ended(world: World) -> list[tuple[int, Happened]]:
    return [(case, end) for case, _, end in spells(world) if end is not None]


def step_ups(world: World) -> list[tuple[int, Happened]]:
    return [(case, end) for case, end in ended(world) if end.row.action == "accept_step_up"]


def sustained(world: World) -> Rows:
    for case, end in ended(world):
        until = months_on(end.on, 6)
        if outcome(end) != "outcomes_achieved" or until > world.today:
            continue
        back = any(
            event.row.action in BACK_AGAIN
            and world.children[case] & world.children[other]
            and event.at > end.at
            and event.on <= until
            for other, event in world.everything()
        )
        yield until, int(not back)


def distances(world: World) -> Rows:
    for case, begun, end in spells(world):
        if end is None:
            continue
        scored = [
            event.row.fields
            for event in world.cases[case]
            if begun.row.sequence < event.row.sequence <= end.row.sequence
            and event.row.action in {"submit_assessment", "record_review", "close_case"}
        ]
        for domain in {name for fields in scored for name in fields if name.startswith("score_")}:
            scores = [fields[domain] for fields in scored if fields.get(domain) is not None]
            if scores:
                yield end.on, scores[-1] - scores[0]


def allocations(world: World) -> Rows:
    for case, begun, end in spells(world):
        for event in world.cases[case]:
            in_spell = event.row.sequence > begun.row.sequence and (
                end is None or event.row.sequence < end.row.sequence
            )
            if event.row.action == "allocate_lead_professional" and in_spell:
                yield event.on, working_days(begun.on, event.on)


def due(world: World, kind: str, *, net: bool = False) -> Iterator[tuple[date, Run, int]]:
    """Runs that fell due: the last day in time, the run, and whether it happened by then."""
    for _, run in runs(world, kind):
        day = net_last_day(run) if net else last_day(run)
        stands_still = net and bool(run.pauses) and run.pauses[-1][1] is None
        happened = run.judged and not (kind == "review" and run.end and run.end.row.action == "close_case")
        if end_of(day) > world.at or stands_still:
            continue
        if run.end is not None and not happened and run.end.at < end_of(day):
            continue
        yield day, run, int(happened and run.end is not None and run.end.at < end_of(day))


def from_contact(world: World) -> Rows:
    for case, run in runs(world, "assessment"):
        history = world.cases[case]
        first = next(
            event
            for event in history
            if event.row.action in {"allocate_lead_professional", "begin_reassessment"}
        )
        if history[0].row.kind != "contact" or run.start is not first:
            continue
        day = after(history[0].on, 15)
        if day > world.today or (run.end is not None and not run.judged and run.end.on <= day):
            continue
        yield day, int(run.judged and run.end is not None and run.end.on <= day)


def standing(world: World, day: date) -> Iterator[tuple[Happened, Happened, str]]:
    """Open cases at the end of a day: the event that moved it there, the one that gave it its worker, the kind."""
    for history in world.cases.values():
        until = [event for event in history if event.on <= day]
        places = [event for event in until if event.moved or event.row.action == "change_lead_professional"]
        moves = [event for event in until if event.moved]
        if places and moves and moves[-1].row.to_state != "closed":
            yield moves[-1], places[-1], STATES[moves[-1].row.to_state]


def recordings(world: World) -> Rows:
    for _, event in world.everything():
        if event.row.action in AWAY and event.row.actor_id is not None:
            recorded = local(event.row.recorded_at)
            yield recorded, working_days(event.on, recorded)


def by_day(world: World) -> dict[str, list[tuple[date, int]]]:
    """Every measure whose rows fall on a day."""
    told, decided = contacts(world), list(decisions(world))
    begun = [(case, start) for case, start, _ in spells(world)]
    accepted = [(c, e) for c, e in world.everything() if e.row.action == "accept_step_up"]
    started = [
        (event.on, 1)
        for _, event in world.everything()
        if event.row.action in {"record_first_contact", "begin_reassessment"}
    ]
    completed = [event for _, event in world.everything() if event.row.action == "authorise_assessment"]
    limits = dict(_screening(world))
    return {
        "contacts_received": [(event.on, 1) for _, event in told],
        "recontact_12m": list(again(world, told, told)),
        "same_day_screening": [(got.on, int(done.on <= next_working(got.on))) for got, done in decided],
        "decided_in_time": [(done.on, int(done.at < limits[id(got)])) for got, done in decided],
        "below_threshold": [(done.on, int(done.row.action in BELOW)) for _, done in decided],
        "nfa_by_source": [(done.on, int(done.row.action in BELOW)) for _, done in decided],
        "days_to_close_below_threshold": [
            (done.on, (done.on - got.on).days) for got, done in decided if done.row.action in BELOW
        ],
        "progressed_to_social_care": [
            (done.on, int(done.row.action == "refer_to_social_care")) for _, done in decided
        ],
        "re_referral_social_care_12m": list(again(world, accepted, accepted)),
        "strategy_discussions_complete": [
            (e.on, int({"health", "police", "education"} <= set(e.row.fields["took_part"])))
            for _, e in world.everything()
            if e.row.kind == "strategy_discussion"
        ],
        "assessments_started": started,
        "assessments_completed": [(event.on, 1) for event in completed],
        "partner_led": [
            (event.on, int(event.row.lead_professional_id in world.partners)) for event in completed
        ],
        "stepped_up": [(event.on, 1) for _, event in step_ups(world)],
        "stepped_down": [(e.on, 1) for _, e in world.everything() if e.row.action == "step_down"],
        "re_referral_12m": list(again(world, begun, ended(world))),
        "end_measures": [(event.on, 1) for _, event in ended(world)],
        "outcomes_achieved": [(e.on, int(outcome(e) == "outcomes_achieved")) for _, e in ended(world)],
        "distance_travelled": list(distances(world)),
        "sustained_6m": list(sustained(world)),
        "days_to_lead_professional": list(allocations(world)),
        "days_to_lead_professional_median": list(allocations(world)),
        "first_contact_in_time": [(day, met) for day, _, met in due(world, "first_contact")],
        "first_contact_in_time_net": [(day, met) for day, _, met in due(world, "first_contact", net=True)],
        "assessment_in_time": [(day, met) for day, _, met in due(world, "assessment")],
        "assessment_in_time_net": [(day, met) for day, _, met in due(world, "assessment", net=True)],
        "assessment_in_time_from_contact": list(from_contact(world)),
        "reviews_in_time": [(day, met) for day, _, met in due(world, "review")],
        "reviews_in_time_net": [(day, met) for day, _, met in due(world, "review", net=True)],
        "referrer_answered": [(day, met) for day, _, met in due(world, "referrer_answer")],
        "signposting_reached": [(day, _reached(run)) for day, run, _ in due(world, "signpost_check")],
        "recording_lag": list(recordings(world)),
        "compliments": [],
        "feedback": [],
        "family_satisfaction": [],
    }


def _screening(world: World) -> Iterator[tuple[int, Any]]:
    """For each receipt: the first moment too late to decide."""
    for _, event in contacts(world):
        yield id(event), end_of(after(event.on, 1))


def _reached(run: Run) -> int:
    answers = run.end.row.fields["services"] if run.end is not None and run.judged else {}
    return int("reached" in answers.values())


def of_span(world: World, first: date, last: date) -> dict[str, list[int]]:
    """Every measure of a moment or of what was open in a span."""
    until = min(last, world.today)
    here = list(standing(world, until)) if first <= until else []
    queue = [working_days(moved.on, until) for moved, _, kind in here if kind == "authorisation"]
    open_spells = [
        (case, begun, end)
        for case, begun, end in spells(world)
        if begun.on <= until and (end is None or end.on >= first)
    ]
    led = {"first_contact", "assessment", "authorisation", "plan", "step_up"}
    return {
        "open_cases": [1 for _ in here],
        "unallocated": [1 for _, _, kind in here if kind == "allocation"],
        "caseload": [
            1 for _, place, kind in here if kind in led and place.row.lead_professional_id is not None
        ],
        "authorisation_queue": [1 for _ in queue],
        "authorisation_wait": queue,
        "authorisation_oldest": queue,
        "stepped_up_share": [
            int(end is not None and end.row.action == "accept_step_up" and end.on <= last)
            for _, _, end in open_spells
        ],
        "stepped_down_share": [
            int(begun.row.action == "step_down" and begun.on >= first) for _, begun, _ in open_spells
        ],
    }
