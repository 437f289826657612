"""The engine's clocks agree with a walk day by day, for every kind of time, over 2012 to 2030."""

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from earlyhelp.pathway.calendar import england
from earlyhelp.pathway.clocks import (
    Counting,
    Pause,
    Schedule,
    Span,
    after_moment,
    before_moment,
    deadline_day,
    due_moment,
    effective_start,
    resumed,
    warning_moment,
)
from earlyhelp.pathway.consequences import schedule_of
from earlyhelp.pathway.definition import Before, Clock
from earlyhelp.pathway.working import HolderSpell, gross_days, net_days, whose_days, working
from tests.properties import day_by_day as slowly

CALENDAR = england(slowly.CLOSED, opens=slowly.OPENS, closes=slowly.CLOSES)
FIRST, LAST = datetime(2012, 1, 1, tzinfo=UTC), datetime(2030, 6, 30, tzinfo=UTC)
HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
DAYS_OF_NOTE = [
    *(
        date(year, month, day)
        for year in (2012, 2015, 2020, 2022, 2026)
        for month, day in ((12, 23), (12, 31))
    ),
    *(date(2012, 6, 1), date(2016, 12, 22), date(2020, 5, 7), date(2022, 6, 1), date(2022, 9, 16)),
    *(date(2023, 5, 5), date(2026, 4, 2), date(2028, 2, 28), date(2024, 1, 31)),
    *(date(2026, 3, 27), date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25)),
]

MANY = settings(max_examples=250)
COUNTED = ("working_days", "days", "weeks", "months")
LARGEST = {"working_days": 25, "days": 60, "weeks": 8, "months": 14}

anywhere = st.integers(0, (LAST - FIRST) // MINUTE).map(lambda n: FIRST + n * MINUTE)
of_note = st.builds(
    lambda day, minute: datetime.combine(day, time(0), UTC) + minute * MINUTE,
    st.sampled_from(DAYS_OF_NOTE),
    st.integers(-60, 48 * 60),
)
on_the_hour = anywhere.map(lambda moment: moment.replace(minute=0))
starts = st.one_of(of_note, on_the_hour, anywhere)
countings = st.builds(
    Counting,
    count_from=st.sampled_from(["next_day", "same_day"]),
    cut_off=st.sampled_from([None, None, time(12), time(16), time(0)]),
)
spans = st.sampled_from(COUNTED).flatmap(
    lambda kind: st.integers(int(kind in {"weeks", "months"}), LARGEST[kind]).map(lambda n: Span(**{kind: n}))
)
shares = st.integers(1, 99).map(lambda n: Fraction(n, 100))
lengths = st.one_of(st.integers(0, 48 * 60), st.integers(0, 20 * 24 * 60)).map(lambda n: n * MINUTE)


def as_said(start: datetime, span: Span, counting: Counting) -> date:
    return slowly.last_day(start, span.kind, span.count, counting.count_from, counting.cut_off)


@pytest.mark.parametrize("year", range(2012, 2029))
def test_the_oracle_itself_knows_the_usual_bank_holidays(year: int) -> None:
    special = {2012: 3, 2020: 2, 2022: 4, 2023: 1}.get(year, 0)
    published = {day for day in slowly._holidays() if day.year == year}
    assert len(published ^ slowly.usual_holidays(year)) == special


def test_every_day_of_2012_to_2030_is_a_working_day_for_both_or_neither() -> None:
    days = [FIRST.date() + n * DAY for n in range((date(2030, 12, 31) - FIRST.date()).days + 1)]
    assert [day for day in days if CALENDAR.is_working_day(day) != slowly.working(day)] == []


@pytest.mark.parametrize("count", [1, 5, 15, -3])
def test_from_every_working_day_so_many_later_or_earlier_are_the_same(count: int) -> None:
    days = [FIRST.date() + n * DAY for n in range((LAST.date() - FIRST.date()).days)]
    days = [day for day in days if count > 0 or slowly.working(day)]
    differ = [
        d for d in days if CALENDAR.working_day_after(d, count) != slowly.step(d, count, slowly.working)
    ]
    assert differ == []


@given(start=starts, span=spans, counting=countings)
@MANY
def test_due_is_the_end_of_the_last_day_walked_to(start: datetime, span: Span, counting: Counting) -> None:
    due = due_moment(start, span, counting, CALENDAR)
    assert due == slowly.midnight_after(as_said(start, span, counting))
    assert due > start


@given(start=starts, span=spans, counting=countings)
def test_close_of_business_is_on_the_same_day_and_never_before_the_start(
    start: datetime, span: Span, counting: Counting
) -> None:
    counting = counting.model_copy(update={"until": "close_of_business"})
    day = as_said(start, span, counting)
    due = due_moment(start, span, counting, CALENDAR)
    if due.astimezone(slowly.LONDON).date() != day:
        assert slowly.on_the_wall(day, slowly.CLOSES) <= start
        day = slowly.step(day, 1, slowly.counts_for(span.kind))
    assert due == slowly.on_the_wall(day, slowly.CLOSES)
    assert due > start


@given(start=starts, hours=st.integers(1, 24))
@settings(max_examples=60)
def test_office_hours_are_the_minutes_in_which_the_office_is_open(start: datetime, hours: int) -> None:
    due = due_moment(start, Span(working_hours=hours), Counting(), CALENDAR)
    assert due == slowly.office_minutes(start, hours * 60)
    assert CALENDAR.office_time_between(start, due) == hours * HOUR
    assert CALENDAR.take_office_time(due, hours * HOUR) == CALENDAR.next_office_moment(start)


@given(start=starts, length=st.integers(0, 10 * 24 * 60))
@settings(max_examples=60)
def test_office_time_between_two_moments_is_every_open_minute(start: datetime, length: int) -> None:
    end = start + length * MINUTE
    between = CALENDAR.office_time_between(start, end)
    assert between == slowly.count_office_minutes(start, end) * MINUTE


@given(start=starts, hours=st.integers(1, 200))
def test_hours_are_elapsed_hours(start: datetime, hours: int) -> None:
    assert due_moment(start, Span(hours=hours), Counting(), CALENDAR) - start == hours * HOUR


@given(start=starts, span=spans, counting=countings, share=shares)
@MANY
def test_a_warning_comes_after_that_share_of_the_days_walked(
    start: datetime, span: Span, counting: Counting, share: Fraction
) -> None:
    assume(span.count > 0)
    due = due_moment(start, span, counting, CALENDAR)
    warning = warning_moment(start, due, share, span, counting, CALENDAR)
    walked = slowly.share_of_days(start, due, share, span.kind, counting.count_from, counting.cut_off)
    assert abs(warning - walked) <= timedelta(microseconds=1)


every_span = st.one_of(
    spans, st.builds(Span, hours=st.integers(1, 200)), st.builds(Span, working_hours=st.integers(1, 60))
)
every_counting = st.builds(
    lambda counting, until: counting.model_copy(update={"until": until}),
    countings,
    st.sampled_from(["end_of_day", "close_of_business"]),
)


@given(start=starts, span=every_span, counting=every_counting, share=shares, later=shares)
@MANY
def test_warnings_lie_between_effective_start_and_due_and_in_their_order(
    start: datetime, span: Span, counting: Counting, share: Fraction, later: Fraction
) -> None:
    due = due_moment(start, span, counting, CALENDAR)
    first, second = sorted([share, later])
    earlier = warning_moment(start, due, first, span, counting, CALENDAR)
    after = warning_moment(start, due, second, span, counting, CALENDAR)
    assert effective_start(start, span, counting, CALENDAR) < earlier <= after < due


@given(start=starts, span=spans, counting=every_counting, share=shares, days=st.integers(0, 40))
def test_a_warning_stays_before_a_due_day_brought_forward(
    start: datetime, span: Span, counting: Counting, share: Fraction, days: int
) -> None:
    sooner = min(
        due_moment(start, span, counting, CALENDAR), due_moment(start, Span(days=days), Counting(), CALENDAR)
    )
    assert start < warning_moment(start, sooner, share, span, counting, CALENDAR) < sooner


@given(start=starts, span=spans, offset=spans)
def test_the_ladder_is_walked_from_the_deadline_day(start: datetime, span: Span, offset: Span) -> None:
    due = due_moment(start, span, Counting(), CALENDAR)
    deadline = as_said(start, span, Counting())
    assert deadline_day(due, CALENDAR) == deadline
    after = slowly.moves(deadline, offset.count, offset.kind)
    assert after_moment(due, offset, CALENDAR) == slowly.midnight_after(after)


@given(start=starts, span=spans, offset=spans)
def test_the_ladder_down_leaves_as_many_days_to_act(start: datetime, span: Span, offset: Span) -> None:
    due = due_moment(start, span, Counting(), CALENDAR)
    moment = before_moment(due, offset, CALENDAR)
    if offset.kind == "months":
        deadline = deadline_day(due, CALENDAR)
        assert moment == slowly.midnight_after(slowly.months_later(deadline, -offset.count))
        return
    left = [d for d in slowly.days_ended(moment, due) if slowly.counts_for(offset.kind)(d)]
    assert len(left) == offset.count * (7 if offset.kind == "weeks" else 1)


# Pauses


def pauses_after(start: datetime, gaps: list[tuple[timedelta, timedelta]]) -> list[tuple[datetime, datetime]]:
    pauses, moment = [], start
    for gap, length in gaps:
        pauses.append((moment + gap, moment + gap + length))
        moment = moment + gap + length
    return pauses


def after_pauses(
    start: datetime, span: Span, counting: Counting, pauses: list[tuple[datetime, datetime]]
) -> datetime:
    schedule = Schedule(start, due_moment(start, span, counting, CALENDAR))
    for paused, until in pauses:
        schedule = resumed(schedule, paused, until, span, CALENDAR, counting)
    return schedule.due_at


gaps = st.lists(st.tuples(lengths, lengths), max_size=3)


@given(start=starts, span=spans, counting=every_counting, gaps=gaps)
@MANY
def test_a_pause_moves_due_by_each_counted_day_that_ended_in_it(
    start: datetime, span: Span, counting: Counting, gaps: list[tuple[timedelta, timedelta]]
) -> None:
    pauses = pauses_after(start, gaps)
    gross = due_moment(start, span, counting, CALENDAR)
    begins = effective_start(start, span, counting, CALENDAR)
    counted = [(max(a, begins), max(b, begins)) for a, b in pauses]
    walked = slowly.pushed(deadline_day(gross, CALENDAR), counted, span.kind, counting.until)
    assert after_pauses(start, span, counting, pauses) == slowly.ends(walked, counting.until)


@given(start=starts, span=spans, counting=every_counting, gaps=gaps)
@MANY
def test_the_working_ends_with_the_number_of_the_rule_whatever_was_paused(
    start: datetime, span: Span, counting: Counting, gaps: list[tuple[timedelta, timedelta]]
) -> None:
    assume(span.kind in {"working_days", "days"} and span.count > 0)
    pauses = pauses_after(start, gaps)
    due = after_pauses(start, span, counting, pauses)
    had = [Pause(*pause, "why") for pause in pauses if pause[0] < due]
    lines = working(start, due, had, span, counting, CALENDAR, [HolderSpell(start, "A")])
    assert lines[-1].number == span.count
    assert whose_days(lines) == {"A": span.count}
    assert net_days(start, due, had, span, counting, CALENDAR) == span.count


@given(start=starts, span=spans, counting=every_counting, gaps=gaps, length=lengths, open_ended=st.booleans())
@MANY
def test_net_days_are_the_lines_that_counted_and_gross_those_without_pauses(
    start: datetime,
    span: Span,
    counting: Counting,
    gaps: list[tuple[timedelta, timedelta]],
    length: timedelta,
    open_ended: bool,
) -> None:
    pauses = [Pause(a, b, "why") for a, b in pauses_after(start, gaps)]
    if pauses and open_ended:
        pauses[-1] = Pause(pauses[-1].paused_at, None, "why")
    for held in (pauses, []):
        lines = working(start, start + length, held, span, counting, CALENDAR, [])
        days = net_days(start, start + length, held, span, counting, CALENDAR)
        assert days == sum(line.counted for line in lines)
    assert gross_days(start, start + length, span, counting, CALENDAR) == days


@given(start=starts, hours=st.integers(1, 20), gap=st.integers(0, 600), length=st.integers(0, 5 * 24 * 60))
@settings(max_examples=60)
def test_a_pause_moves_office_hours_by_the_office_minutes_and_hours_by_every_minute(
    start: datetime, hours: int, gap: int, length: int
) -> None:
    paused, until = start + gap * MINUTE, start + (gap + length) * MINUTE
    for span in (Span(working_hours=hours), Span(hours=hours)):
        due = due_moment(start, span, Counting(), CALENDAR)
        moved = after_pauses(start, span, Counting(), [(paused, until)])
        lost = slowly.count_office_minutes(paused, until) if span.kind == "working_hours" else length
        if due <= paused or lost == 0:
            assert moved == due
        elif span.kind == "hours":
            assert moved == due + length * MINUTE
        else:
            assert moved == slowly.office_minutes(due, lost)


def ladder_of(schedule: Schedule) -> list[datetime]:
    return sorted({*schedule.warnings, schedule.due_at, *schedule.escalations})


@given(start=starts, span=every_span, counting=every_counting, gaps=gaps, share=shares, offset=every_span)
@MANY
def test_however_a_clock_was_paused_its_ladder_stays_in_order(
    start: datetime,
    span: Span,
    counting: Counting,
    gaps: list[tuple[timedelta, timedelta]],
    share: Fraction,
    offset: Span,
) -> None:
    due = due_moment(start, span, counting, CALENDAR)
    warning = warning_moment(start, due, share, span, counting, CALENDAR)
    before = Schedule(start, due, (warning,), (after_moment(due, offset, CALENDAR),))
    for paused, until in pauses_after(start, gaps):
        after = resumed(before, paused, until, span, CALENDAR, counting)
        assert after.warnings[0] <= after.due_at <= after.escalations[0]
        for was, now in zip(ladder_of(before), ladder_of(after), strict=False):
            assert now >= was
            assert now == was or was > paused
            assert now <= paused or now >= until
        before = after


@given(start=starts, span=every_span, counting=every_counting, gap=lengths, length=lengths)
def test_a_clock_that_was_not_breached_when_paused_is_not_breached_when_resumed(
    start: datetime, span: Span, counting: Counting, gap: timedelta, length: timedelta
) -> None:
    """features.md section 2 items 7 and 8."""
    paused, until = start + gap, start + gap + length
    schedule = Schedule(start, due_moment(start, span, counting, CALENDAR))
    assume(paused < schedule.due_at)
    assert resumed(schedule, paused, until, span, CALENDAR, counting).due_at > until


# A whole ladder

a_ladder = st.builds(
    lambda counting, warn, escalate: Clock.model_validate(
        counting.model_dump()
        | {"name": "clock", "title": "A clock", "kind": "other", "holder": "manager", "due": {"days": 1}}
        | {"starts": ["begin"], "stops": ["end"], "warn": warn, "escalate": escalate}
    ),
    every_counting,
    st.lists(
        st.one_of(st.integers(1, 99).map("{}%".format), st.builds(Before, before=every_span)), max_size=2
    ),
    st.lists(every_span.map(lambda span: {"after": span}), max_size=2),
)


@given(
    clock=a_ladder,
    span=every_span,
    start=starts,
    minutes=st.lists(st.integers(0, 1440), max_size=3),
    sooner=st.none() | st.integers(0, 40),
)
@example(  # a Friday, and the Sunday after it comes sooner: no working day lies between
    clock=Clock.model_validate(
        {"name": "clock", "title": "A clock", "kind": "other", "holder": "manager", "due": {"days": 1}}
        | {"starts": ["begin"], "stops": ["end"], "warn": ["50%"]}
    ),
    span=Span(working_days=38),
    start=datetime(2026, 1, 23, 7, 23, tzinfo=UTC),
    minutes=[90],
    sooner=2,
)
@MANY
def test_whatever_has_begun_that_day_each_schedule_has_the_moments_of_its_own_start(
    clock: Clock, span: Span, start: datetime, minutes: list[int], sooner: int | None
) -> None:
    counting = clock.counting
    for begins in (start, *(start + minute * MINUTE for minute in minutes)):
        due = due_moment(begins, span, counting, CALENDAR)
        limit = None if sooner is None else CALENDAR.date_of(begins) + timedelta(days=sooner)
        if limit is not None:
            due = min(due, CALENDAR.end_of(limit))
        warnings = [
            before_moment(due, warning.before, CALENDAR)
            if isinstance(warning, Before)
            else warning_moment(begins, due, Fraction(int(warning[:-1]), 100), span, counting, CALENDAR)
            for warning in clock.warn
        ]
        escalations = tuple(after_moment(due, rung.after, CALENDAR) for rung in clock.escalate)
        expected = Schedule(begins, due, tuple(max(begins, at) for at in warnings), escalations)
        found = schedule_of(clock, start=begins, span=span, calendar=CALENDAR, no_later_than=limit)
        assert found == expected
