"""What crosses a family's way through early help: step up, withdrawal, a new worker, a pause, a wrong date."""

from datetime import datetime, timedelta

from earlyhelp.casework.reading import running_clocks
from earlyhelp.simulation.data import drawn
from earlyhelp.simulation.social_care import ACCEPTED_FROM_EARLY_HELP, considered
from earlyhelp.simulation.town import CaseInHand, Journey


def stepped_up(case: CaseInHand) -> Journey:
    """The lead professional asks social care to take over; it accepts, or the help goes on."""
    yield _some_weeks_later(case)
    by = case.lead or case.manager
    case.act(
        "request_step_up",
        by,
        what_changed=case.say("changed"),
        level_of_need="specialist",
        urgency=drawn(case.dice, {"red": 15, "amber": 50, "green": 35}),
    )
    yield from considered(case, accepted=ACCEPTED_FROM_EARLY_HELP)


def withdrawn(case: CaseInHand) -> Journey:
    """The family does not want more help: the case closes, or now and then is stepped up."""
    yield _some_weeks_later(case)
    by = case.lead or case.manager
    if case.chance(0.85):
        fields = {"next_step": "close", "rationale": case.say("no_safeguarding")}
    else:
        fields = {"next_step": "step_up", "urgency": "amber"}
    case.act("withdraw_agreement", by, what_family_said=case.say("withdrew"), **fields)
    if case.is_open:
        yield from considered(case, accepted=1.0)


def handed_over(case: CaseInHand) -> Journey:
    """Another lead professional takes over; no clock starts again."""
    yield _some_weeks_later(case)
    assert case.team is not None
    new = case.town.staff.lead(case.dice, case.team, other_than=case.lead)
    case.act(
        "change_lead_professional",
        case.manager,
        lead_professional=new.email,
        reason=case.say("new_lead"),
        handover_note=case.say("handover"),
    )
    case.lead = new


def paused(case: CaseInHand, clock: str) -> Journey:
    """A clock stands still while the family cannot be met; a clock that does not run is left alone."""
    yield case.days_later(0, 1, 1, 1)
    running = running_clocks(case.town.connection, case_id=case.latest.case_id)
    if clock not in {row.name for row in running}:
        return
    case.act("pause_clock", case.manager, clock=clock, reason=case.say("pause"))
    yield case.town.hours.after(case.town.now, case.dice.randint(4, 12), case.dice)
    case.act("resume_clock", case.manager, clock=clock, reason=case.say("resume"))


def corrected(case: CaseInHand, sequence: int, happened_at: datetime) -> Journey:
    """Days later somebody notices that a date was typed wrong. It had happened a little earlier."""
    truly = max(case.entered_before(sequence), happened_at - timedelta(hours=case.dice.randint(1, 26)))
    yield case.days_later(0, 30, 30, 20, 10, 10)
    case.act(
        "correct_event",
        case.manager,
        event=sequence,
        happened_at=truly.isoformat(),
        reason=case.say("wrong_date"),
    )


def _some_weeks_later(case: CaseInHand) -> datetime:
    return case.town.hours.weeks_after(case.town.now, case.dice.uniform(0.5, 3), case.dice)
