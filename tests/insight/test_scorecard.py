"""The scorecard: signals told from noise, small numbers kept back, files that others can read, the week's e-mail."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from sqlalchemy import Connection, Engine, select

from earlyhelp.casework.commentary import write_commentary
from earlyhelp.casework.council_numbers import set_numbers
from earlyhelp.casework.weekly import add_recipient, end_recipient, missing_weeks, week_of
from earlyhelp.exporting import FORMATS
from earlyhelp.exporting.scorecard import scorecard_file
from earlyhelp.insight.measures.asking import month_of
from earlyhelp.insight.measures.behind import SMALL
from earlyhelp.insight.measures.definitions import LIST
from earlyhelp.insight.measures.figures import Figure
from earlyhelp.insight.scorecard.chart import HEIGHT, chart
from earlyhelp.insight.scorecard.contents import Asked, Row, Scorecard, scorecard
from earlyhelp.insight.scorecard.suppression import is_small, published
from earlyhelp.insight.scorecard.weekly import weekly_letter
from earlyhelp.insight.scorecard.words import signal_words
from earlyhelp.insight.scorecard.xmr import FACTOR, xmr
from earlyhelp.pathway.facts import BadFields
from earlyhelp.records.clocks import OutboxMessage
from earlyhelp.records.database import reading, transaction
from earlyhelp.records.reporting import WeeklyReport
from earlyhelp.scheduler.weekly import send_weekly_reports
from tests.casework.watched_cases import MONDAY, accepted, contact, council_in, days, found_council
from tests.insight.measures.lived import history

MARCH = month_of(date(2026, 3, 1))
STEADY = [10.0, 12, 11, 13, 10, 12, 11, 12, 10, 11, 13, 12]


@pytest.fixture(scope="module")
def card() -> Scorecard:
    with history(1) as engine, reading(engine) as connection:
        return scorecard(connection, Asked(MARCH), now=datetime(2026, 4, 18, tzinfo=UTC))


def test_limits_are_the_mean_and_two_point_sixty_six_moving_ranges() -> None:
    (first, *_) = xmr([10.0, 12, 10, 12, 10, 12])
    assert first.limits is not None
    assert first.limits.centre == 11
    assert first.limits.upper == pytest.approx(11 + FACTOR * 2)
    assert [point.signal for point in xmr(STEADY)] == [None] * 12


def test_a_month_outside_the_limits_is_a_signal_and_a_fall_within_them_is_not() -> None:
    assert xmr([*STEADY, 40.0])[-1].signal == "outside"
    assert xmr([*STEADY, 9.0])[-1].signal is None


def test_eight_months_on_one_side_are_a_shift_with_limits_of_its_own() -> None:
    points = xmr([10.0, 11, 9, 10, 12, 20, 21, 19, 20, 22, 21, 20, 19])
    assert {point.signal for point in points[5:]} == {"run"}
    assert points[0].limits is not None
    assert points[-1].limits is not None
    assert points[0].limits.centre == pytest.approx(10.4)
    assert points[-1].limits.centre == pytest.approx(20.25)


def test_a_gap_is_no_point_and_few_points_have_no_limits() -> None:
    assert [point.place for point in xmr([1.0, None, 2.0])] == [0, 2]
    assert all(point.limits is None for point in xmr([1.0, 2.0, 3.0, None]))
    assert xmr([0.0] * 8)[0].signal is None


def test_a_chart_says_in_words_what_its_shapes_say_and_has_no_style(card: Scorecard) -> None:
    for row in card.rows:
        picture = chart(card, row)
        assert "style" not in picture
        assert 'role="img"' in picture
        assert f'<title id="chart-{row.measure.key}-title">' in picture
        heights = [float(y) for y in re.findall(r' c?y[12]?="(-?[\d.]+)"', picture)]
        assert all(0 < y < HEIGHT for y in heights), "nothing is drawn off the paper"
        marked = {point.signal for point in row.points if point.signal}
        assert picture.count("<polygon") == sum(1 for point in row.points if point.signal)
        if "outside" in marked:
            assert "limit, at" in signal_words(card, row)


def test_nothing_published_is_small_or_can_be_worked_out(card: Scorecard) -> None:
    """Whoever knows the published figures finds for each hidden month at least two numbers that it could be."""
    public = published(card)
    hidden_somewhere = False
    for row in public.rows:
        judged = row.judged
        cells = [*row.months, judged.figure, judged.previous, judged.year_before, judged.year_to_date]
        assert not any(is_small(figure) for figure in cells if not figure.hidden)
        hidden_somewhere |= any(figure.hidden for figure in cells)
        if row.measure.kind == "count" and row.measure.day is not None:
            assert could_be_otherwise(row, card)
    assert hidden_somewhere


def could_be_otherwise(row: Row, card: Scorecard) -> bool:
    to_date = row.judged.year_to_date
    if to_date.hidden:
        return True
    parts = [figure for figure in row.months if figure.span.first >= to_date.span.first]
    missing = [figure for figure in parts if figure.hidden]
    if not missing:
        return True
    left = to_date.numerator - sum(figure.numerator for figure in parts if not figure.hidden)
    true = {
        figure.span: figure.numerator for r in card.rows if r.measure is row.measure for figure in r.months
    }
    primary = [span for span in (figure.span for figure in missing) if 0 < true[span] < SMALL]
    if len(missing) == 1:
        return False
    return len(primary) < len(missing) or len(missing) < left < (SMALL - 1) * len(missing)


def test_one_small_month_takes_another_with_it() -> None:
    with history(1) as engine, reading(engine) as connection:
        whole = scorecard(connection, Asked(MARCH), now=datetime(2026, 4, 18, tzinfo=UTC), measures=LIST[:1])
    counts = [20, 20, 20, 20, 20, 3, 9, 30, 30, 30, 30, 30, 30]
    (row,) = whole.rows
    months = [counted(f, n) for f, n in zip(row.months, counts, strict=True)]
    total = counted(row.judged.year_to_date, sum(counts[1:]))
    judged = replace(
        row.judged, figure=months[-1], previous=months[-2], year_before=months[0], year_to_date=total
    )
    public = published(replace(whole, rows=[replace(row, months=months, judged=judged)]))
    hidden = [n for n, figure in enumerate(public.rows[0].months) if figure.hidden]
    assert hidden == [5, 6], "the small month, and the smallest of the others beside it"
    assert not public.rows[0].judged.year_to_date.hidden
    assert {point.place for point in public.rows[0].points} == set(range(13)) - set(hidden)


def counted(figure: Figure, number: int) -> Figure:
    return replace(figure, value=float(number), numerator=number)


def test_every_format_is_read_by_another_reader(card: Scorecard) -> None:
    made = {name: scorecard_file(card, name, published=False, made_by="Me").content for name in FORMATS}
    rows = list(csv.DictReader(io.StringIO(made["csv"].decode("utf-8-sig"))))
    keys = [measure.key for measure in LIST]
    assert [row["Key"] for row in rows] == keys
    assert [row["key"] for row in json.loads(made["json"])["measures"]] == keys
    book = load_workbook(io.BytesIO(made["xlsx"]))
    assert [cell.value for cell in book["Scorecard"]["A"]][1:] == keys
    assert len(list(book["Months"].rows)) == 1 + 13 * len(keys)
    assert all(key in ZipFile(io.BytesIO(made["ods"])).read("content.xml").decode() for key in keys)
    assert made["pdf"].startswith(b"%PDF-")
    assert made["html"].decode().count("<svg") == sum(1 for row in card.rows if row.points)


def test_commentary_is_kept_with_its_month_and_never_lost(connection: Connection) -> None:
    council = found_council(connection)
    person, now = council["manager"], MONDAY + days(40)
    for n, words in enumerate(("First words", "=1+1 <script>")):
        at = now + timedelta(days=n)
        write_commentary(connection, month=MARCH.first, team_id=None, words=words, person=person, now=at)
    card = scorecard(connection, Asked(MARCH), now=now + days(2), measures=LIST[:1])
    assert card.commentary is not None
    assert card.commentary.words == "=1+1 <script>"
    page = scorecard_file(card, "html", published=False, made_by="Me").content.decode()
    assert "=1+1 &lt;script&gt;" in page
    earlier = scorecard(
        connection, Asked(MARCH, as_known_on=now.date()), now=now + days(2), measures=LIST[:1]
    )
    assert earlier.commentary is not None
    assert earlier.commentary.words == "First words"
    with pytest.raises(BadFields):
        write_commentary(connection, month=MARCH.first, team_id=None, words=" ", person=person, now=now)


def test_the_weekly_report_is_never_skipped_and_never_sent_twice(engine: Engine) -> None:
    council = council_in(engine)
    with transaction(engine) as connection:
        contact(connection, council)
        add_recipient(
            connection,
            email=council["manager"].email,
            team=None,
            person=council["service_manager"],
            now=MONDAY,
        )
        with pytest.raises(BadFields, match="already"):
            add_recipient(
                connection, email=council["manager"].email, team=None, person=council["manager"], now=MONDAY
            )
        with pytest.raises(BadFields, match="scorecard"):
            add_recipient(
                connection, email=council["lead"].email, team=None, person=council["manager"], now=MONDAY
            )
        assert missing_weeks(connection, now=MONDAY + days(6)) == []
    after_an_outage = MONDAY + days(22)
    assert send_weekly_reports(engine, now=after_an_outage, base_url="https://eh.example") == 3
    assert send_weekly_reports(engine, now=after_an_outage, base_url="https://eh.example") == 0
    with transaction(engine) as connection:
        weeks = connection.scalars(select(WeeklyReport.week).order_by(WeeklyReport.week)).all()
        assert weeks == [week_of(MONDAY.date()) + days(7 * n) for n in range(3)]
        letter = connection.execute(select(OutboxMessage).order_by(OutboxMessage.id).limit(1)).one()
        assert "Contacts received: 1" in letter.body
        assert "https://eh.example/scorecard?from=2026-03-02&to=2026-03-08" in letter.body
        assert "Tregenza" not in letter.body
        assert end_recipient(connection, recipient_id=1, person=council["manager"], now=after_an_outage)
        assert not end_recipient(connection, recipient_id=1, person=council["manager"], now=after_an_outage)
    assert send_weekly_reports(engine, now=MONDAY + days(60), base_url="https://eh.example") == 0


def test_a_letter_about_one_team_leads_to_the_figures_of_that_team(connection: Connection) -> None:
    council = found_council(connection)
    set_numbers(connection, numbers={"target.unallocated": "0"})
    accepted(connection, council, at=MONDAY)
    asked: dict[str, Any] = {
        "monday": MONDAY.date(),
        "now": MONDAY + days(9),
        "base_url": "https://eh.example",
    }
    _, body = weekly_letter(connection, team_id=council["lead"].team_id, **asked)
    assert "https://eh.example/scorecard?from=2026-03-02&to=2026-03-08&team=north" in body
    assert "Reviews in time: nothing to measure; the week before nothing to measure" in body
    _, whole = weekly_letter(connection, team_id=None, **asked)
    assert "Families without a lead professional: 1, misses the target of 0" in whole
    assert "week before)\n  https://eh.example/scorecard/unallocated?from=2026-03-02&to=2026-03-08" in whole
