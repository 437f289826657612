"""The scorecard as a file: for scrutiny panels, for spreadsheets, for programs."""

from collections.abc import Mapping
from datetime import datetime
from html import escape
from typing import Any

from earlyhelp.exporting.table import Cell, ExportedFile, Sheet, Table
from earlyhelp.exporting.webpage import web_page, web_table
from earlyhelp.exporting.writing import FORMATS, exported
from earlyhelp.insight.measures.behind import SMALL
from earlyhelp.insight.measures.figures import Figure
from earlyhelp.insight.scorecard.chart import chart
from earlyhelp.insight.scorecard.contents import Row, Scorecard
from earlyhelp.insight.scorecard.suppression import published as as_published
from earlyhelp.insight.scorecard.words import (
    BETTER,
    HIDDEN,
    STATUS,
    TRAVEL,
    day_words,
    limits_words,
    parts_words,
    period_words,
    signal_words,
    target_words,
    value_words,
)
from earlyhelp.insight.scorecard.xmr import RULES
from earlyhelp.pathway.calendar import LONDON
from earlyhelp.printing import pdf

TITLE = "Early help scorecard"
SHOWN = (
    "Key",
    "Measure",
    "Value",
    "Unit",
    "Numerator",
    "Denominator",
    "Target",
    "Against target",
    "Previous period",
    "Direction of travel",
    "Same period last year",
    "Year to date",
    "Signals",
)
MONTHLY = (
    "Key",
    "Measure",
    "Month",
    "Value",
    "Numerator",
    "Denominator",
    "Lower limit",
    "Mean",
    "Upper limit",
    "Signal",
)
HEADS = ("Measure", "Value", "Made of", "Previous", "Last year", "Year to date", "Against target")
"""Of the tables that are printed."""
DEFINED = ("Key", "Measure", "Definition", "Numerator", "Denominator", "Unit", "Better", "Source")


def scorecard_file(card: Scorecard, file_format: str, *, published: bool, made_by: str) -> ExportedFile:
    """The scorecard in one of FORMATS; for publication without small numbers. KeyError for any other format."""
    shown = as_published(card) if published else card
    table = scorecard_table(shown, published=published)
    if file_format == "pdf":
        return ExportedFile(f"{table.key}.pdf", FORMATS["pdf"][0], _pdf(shown, table, made_by))
    if file_format == "html":
        return ExportedFile(f"{table.key}.html", FORMATS["html"][0], _html(shown, table))
    return exported(table, file_format)


def scorecard_table(card: Scorecard, *, published: bool) -> Table:
    """The scorecard as sheets: the period, the months, the definitions, the commentary."""
    last = card.asked.period.last
    key = f"scorecard-{card.asked.period.first.isoformat()}-{last.isoformat()}"
    commentary = card.commentary
    said = [[commentary.by, _at(commentary.written_at), commentary.words]] if commentary else []
    return Table(
        key=f"{key}-published" if published else key,
        title=f"{TITLE}: {period_words(card.asked.period)}",
        sheets=(
            Sheet("Scorecard", SHOWN, [_shown(row) for row in card.rows]),
            Sheet("Months", MONTHLY, [line for row in card.rows for line in _monthly(card, row)]),
            Sheet("Definitions", DEFINED, [_defined(row) for row in card.rows]),
            Sheet("Commentary", ("By", "Written", "Commentary"), said),
        ),
        about=_about(card, published),
        data=_data(card, published),
    )


def _about(card: Scorecard, published: bool) -> list[tuple[str, str]]:
    known = card.asked.as_known_on
    return [
        ("Period", period_words(card.asked.period)),
        ("About", card.about),
        ("As known on", f"{day_words(known)}, end of the day" if known else "The day it was made"),
        ("Made", _at(card.made_at)),
        *(
            [("Published", f"{HIDDEN}: under {SMALL}, or would let such a number be worked out")]
            if published
            else []
        ),
    ]


def _shown(row: Row) -> list[Cell]:
    judged = row.judged
    return [
        row.measure.key,
        row.measure.title,
        _number(judged.figure),
        row.measure.unit,
        *_parts(judged.figure),
        judged.target,
        STATUS[judged.status],
        _number(judged.previous),
        TRAVEL[judged.travel],
        _number(judged.year_before),
        _number(judged.year_to_date),
        " ".join(sorted({point.signal for point in row.points if point.signal})),
    ]


def _monthly(card: Scorecard, row: Row) -> list[list[Cell]]:
    points = {point.place: point for point in row.points}
    lines: list[list[Cell]] = []
    for place, figure in enumerate(row.months):
        point = points.get(place)
        limits = point.limits if point else None
        bounds: list[Cell] = (
            [round(limits.lower, 1), round(limits.centre, 1), round(limits.upper, 1)]
            if limits
            else [None] * 3
        )
        month = f"{figure.span.first:%Y-%m}"
        lines.append(
            [
                row.measure.key,
                row.measure.title,
                month,
                _number(figure),
                *_parts(figure),
                *bounds,
                point.signal if point and point.signal else "",
            ]
        )
    return lines


def _defined(row: Row) -> list[Cell]:
    of = row.measure
    return [
        of.key,
        of.title,
        of.definition,
        of.numerator,
        of.denominator,
        of.unit,
        BETTER[of.better],
        of.source,
    ]


def _number(figure: Figure) -> Cell:
    if figure.hidden:
        return HIDDEN
    return None if figure.value is None else _tidy(figure.value)


def _parts(figure: Figure) -> list[Cell]:
    if figure.hidden:
        return [HIDDEN, HIDDEN]
    return [_tidy(figure.numerator), None if figure.denominator is None else _tidy(figure.denominator)]


def _tidy(number: float) -> int | float:
    return int(number) if number == int(number) else round(number, 1)


def _at(moment: datetime) -> str:
    local = moment.astimezone(LONDON)
    return f"{day_words(local.date())} at {local:%H:%M}"


def _data(card: Scorecard, published: bool) -> Mapping[str, Any]:
    known, commentary = card.asked.as_known_on, card.commentary
    return {
        "from": card.asked.period.first.isoformat(),
        "to": card.asked.period.last.isoformat(),
        "about": card.about,
        "as_known_on": known.isoformat() if known else None,
        "published": published,
        "made_at": card.made_at.isoformat(),
        "measures": [_row_data(row) for row in card.rows],
        "commentary": {"words": commentary.words, "by": commentary.by} if commentary else None,
    }


def _row_data(row: Row) -> Mapping[str, Any]:
    judged, of = row.judged, row.measure
    return {
        "key": of.key,
        "title": of.title,
        "unit": of.unit,
        "better": of.better,
        **figure_data(judged.figure),
        "target": judged.target,
        "status": judged.status,
        "travel": judged.travel,
        "previous": figure_data(judged.previous),
        "year_before": figure_data(judged.year_before),
        "year_to_date": figure_data(judged.year_to_date),
        "months": [{"month": f"{figure.span.first:%Y-%m}", **figure_data(figure)} for figure in row.months],
    }


def figure_data(figure: Figure) -> Mapping[str, Any]:
    """A figure for programs. What is kept from a published paper is null and says so."""
    if figure.hidden:
        return {"value": None, "numerator": None, "denominator": None, "suppressed": True}
    value, denominator = figure.value, figure.denominator
    return {
        "value": None if value is None else round(value, 4),
        "numerator": _tidy(figure.numerator),
        "denominator": None if denominator is None else _tidy(denominator),
    }


def _pdf(card: Scorecard, table: Table, made_by: str) -> bytes:
    """For a panel: title, period, commentary, what each measure says, its chart, and the definitions."""
    printed = {"title": table.title, "reference": card.about, "by": made_by, "at": _at(card.made_at)}
    commentary = card.commentary
    return pdf(
        "scorecard",
        {
            "printed": printed,
            "about": [[name, words] for name, words in table.about],
            "commentary": commentary.words if commentary else "",
            "said": f"{commentary.by}, {_at(commentary.written_at)}" if commentary else "",
            "heads": list(HEADS),
            "groups": [{"title": group, "rows": rows} for group, rows in _printed_rows(card).items()],
            "rules": list(RULES),
        },
    )


def _printed_rows(card: Scorecard) -> dict[str, list[Mapping[str, Any]]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in card.rows:
        judged = row.judged
        groups.setdefault(row.group, []).append(
            {
                "cells": [
                    row.measure.title,
                    value_words(judged.figure),
                    parts_words(judged.figure),
                    value_words(judged.previous),
                    value_words(judged.year_before),
                    value_words(judged.year_to_date),
                    _against_target(row),
                ],
                "title": row.measure.title,
                "definition": row.measure.definition,
                "words": f"{TRAVEL[judged.travel]} against the period before. Target: {target_words(row)}. "
                f"{limits_words(row).capitalize()}. {signal_words(card, row)}",
                "chart": chart(card, row),
                "has_chart": bool(row.points),
            }
        )
    return groups


def _against_target(row: Row) -> str:
    judged = row.judged
    if judged.target is None:
        return STATUS["no target"]
    return f"{STATUS[judged.status]} ({target_words(row)})"


def _html(card: Scorecard, table: Table) -> bytes:
    """A page that stands alone, with the charts in it."""
    numbers = frozenset(range(1, len(HEADS) - 1))
    groups = _printed_rows(card).items()
    said, parts = card.commentary, ["<h2>Commentary</h2>"]
    if said:
        parts.append(
            f'<p class="said">{escape(said.words)}\n{escape(said.by)}, {escape(_at(said.written_at))}</p>'
        )
    else:
        parts.append("<p>No commentary was written.</p>")
    parts += [web_table(group, HEADS, [row["cells"] for row in rows], numbers) for group, rows in groups]
    parts += [_html_row(card, row, printed) for row, printed in _each_printed(card)]
    parts += ["<h2>How to read the charts</h2>", *(f"<p>{escape(rule)}</p>" for rule in RULES)]
    return web_page(table.title, table.about, parts)


def _each_printed(card: Scorecard) -> list[tuple[Row, Mapping[str, Any]]]:
    printed = {row["title"]: row for rows in _printed_rows(card).values() for row in rows}
    return [(row, printed[row.measure.title]) for row in card.rows]


def _html_row(card: Scorecard, row: Row, printed: Mapping[str, Any]) -> str:
    """One measure: what it means, how it moves, its chart and the months of the chart."""
    picture = f'<div class="chart">{printed["chart"]}</div>' if printed["has_chart"] else ""
    months = [
        [f"{figure.span.first:%B} {figure.span.first.year}", value_words(figure), parts_words(figure)]
        for figure in row.months
    ]
    return (
        f"<section><h2>{escape(row.measure.title)}</h2><p>{escape(row.measure.definition)}</p>"
        f"<p>{escape(printed['words'])}</p>{picture}</section>"
        + web_table(f"{row.measure.title} by month", ("Month", "Value", "Made of"), months, frozenset({1, 2}))
    )
