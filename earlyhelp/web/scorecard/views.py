"""The scorecard, each measure with what stands behind it, and the page that documents them all."""

from typing import get_args

from flask import abort, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from earlyhelp.exporting import ExportedFile
from earlyhelp.exporting.scorecard import scorecard_file
from earlyhelp.insight.measures.asking import scene_of
from earlyhelp.insight.measures.behind import Behind, Part, behind
from earlyhelp.insight.measures.changes import Changes, changes_since
from earlyhelp.insight.measures.definitions import GROUPS, MEASURES
from earlyhelp.insight.measures.kept_splits import is_at_hand
from earlyhelp.insight.measures.measure import Measure
from earlyhelp.insight.measures.own_words import in_words_of
from earlyhelp.insight.measures.parts import Within
from earlyhelp.insight.measures.scene import Scene
from earlyhelp.insight.measures.splits import TITLES, Breakdown, broken_down, labels_of, splits_of
from earlyhelp.insight.scorecard.chart import chart
from earlyhelp.insight.scorecard.contents import Row, Scorecard, about, scorecard
from earlyhelp.insight.scorecard.unseen import card_seen_by, parts_seen_by
from earlyhelp.insight.scorecard.xmr import RULES
from earlyhelp.permissions import may
from earlyhelp.records.database import reading, snapshot
from earlyhelp.web.access import permitted, person
from earlyhelp.web.asking import name_asked
from earlyhelp.web.own_words import in_own_words, own_terms
from earlyhelp.web.presenters import words
from earlyhelp.web.presenters.figures import figure_words
from earlyhelp.web.scorecard.asking import Read, read_asked
from earlyhelp.web.scorecard.blueprint import blueprint
from earlyhelp.web.services import services

PARTS = 50
"""How many parts of a figure a page shows until somebody asks for all: there may be hundreds of teams and workers."""
FORMATS = ("pdf", "xlsx", "ods", "csv", "json", "html")


@blueprint.get("")
@permitted("scorecard")
def page() -> str | tuple[str, int]:
    """Every measure for a period, compared and judged, with its chart over thirteen months."""
    with reading(services().reports) as connection:
        read = read_asked(connection)
        if read.faults:
            return render_template("scorecard/page.html", read=read, card=None, words=figure_words), 422
        whole = scorecard(connection, read.asked, now=services().now(), terms=own_terms())
        card = card_seen_by(connection, whole, person())
    return render_template(
        "scorecard/page.html",
        read=read,
        card=card,
        keeps_back=card is not whole,
        words=figure_words,
        told=words,
        groups=_grouped(card),
        charts={row.measure.key: Markup(chart(card, row)) for row in card.rows},  # noqa: S704  our own SVG, escaped
        rules=RULES,
        formats=FORMATS,
        sees_cases=_sees_cases(),
        over={figure.span: read.over(figure.span) for row in card.rows[:1] for figure in row.judged.compared},
        may_comment=may(person(), "scorecard.comment") and read.asked.is_month,
        may_set=may(person(), "scorecard.set"),
        now=services().now(),
    )


@blueprint.get("/measures")
@permitted("scorecard")
def measures() -> str:
    """What every measure means, out of the definitions themselves."""
    groups = {
        in_own_words(group): [in_words_of(own_terms(), measure) for measure in measures]
        for group, measures in GROUPS.items()
    }
    return render_template("scorecard/measures.html", groups=groups, words=figure_words, rules=RULES)


@blueprint.get("/download/<any(pdf, xlsx, ods, csv, json, html):file_format>")
@permitted("scorecard")
def download(file_format: str) -> Response:
    """The scorecard as a file; `published=yes` hides small counts."""
    with reading(services().reports) as connection:
        read = read_asked(connection)
        if read.faults:
            abort(404)
        whole = scorecard(connection, read.asked, now=services().now(), terms=own_terms())
        card = card_seen_by(connection, whole, person())
    published = request.args.get("published") == "yes"
    file = scorecard_file(card, file_format, published=published, made_by=person().name)
    return sent(file)


def sent(file: ExportedFile) -> Response:
    """A file to keep."""
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
    return Response(file.content, headers=headers, content_type=file.media_type)


@blueprint.get("/<key>")
@permitted("scorecard")
def behind_figure(key: str) -> str | tuple[str, int]:
    """One measure: its months, what it is made of, and what has changed since it was known as it was."""
    measure = _measure(key)
    with reading(services().reports) as connection:
        read = read_asked(connection)
        if read.faults:
            return render_template("scorecard/measure.html", read=read, measure=measure, card=None), 422
        whole = scorecard(connection, read.asked, now=services().now(), terms=own_terms(), measures=[measure])
        card = card_seen_by(connection, whole, person())
        by = _by(measure, read)
        parts = _parts(connection, measure, card, by) if by else None
        shown = parts.largest(None if request.args.get("all") == "yes" else PARTS) if parts else []
        changes = _changes(connection, measure, read) if _sees_cases() else None
    (row,) = card.rows
    return render_template(
        "scorecard/measure.html",
        read=read,
        measure=measure,
        card=card,
        keeps_back=card is not whole,
        row=row,
        chart=Markup(chart(card, row)),  # noqa: S704
        months=list(reversed(row.months)),
        by=by,
        parts=shown,
        part_addresses=_part_addresses(key, read, by) if by and _sees_cases() else {},
        all_parts=len(parts or ()),
        split_title=in_own_words(TITLES[by]) if by else "",
        splits=_splits(measure, read),
        changes=changes,
        sees_cases=_sees_cases(),
        words=figure_words,
        told=words,
        rules=RULES,
        now=services().now(),
    )


@blueprint.get("/<key>/<any(numerator, denominator):part>")
@permitted("scorecard")
def cases(key: str, part: Part) -> str | tuple[str, int]:
    """Exactly what was counted, for those who may open cases; the others are told how many more there are."""
    measure = _measure(key)
    if not _sees_cases():
        abort(404)
    with snapshot(services().reports) as connection:
        read = read_asked(connection)
        if read.faults:
            abort(404)
        within = _within(measure)
        found = _behind(connection, measure, read, part, within)
        about = _about(connection, read, within)
    return render_template(
        "scorecard/cases.html",
        measure=measure,
        part=part,
        read=read,
        found=found,
        within=within,
        about=about,
        words=figure_words,
        told=words,
        now=services().now(),
        next_url=_next(read, key, part, found, within),
    )


def _parts(connection: Connection, measure: Measure, card: Scorecard, by: str) -> Breakdown:
    scene, narrowed = card.scene.over((card.asked.period,)), card.asked.narrowed
    parts = broken_down(connection, measure, scene, by, narrowed, card.kept)
    return parts_seen_by(connection, parts, scene, narrowed, person=person(), kept=card.kept)


def _part_addresses(key: str, read: Read, by: str) -> dict[Part, str]:
    """Of the numerator and the denominator, without the part of the breakdown: of hundreds each takes long to write."""
    asked = read.kept(by=by)
    return {part: url_for("scorecard.cases", key=key, part=part, **asked) for part in get_args(Part)}


def _measure(key: str) -> Measure:
    return in_words_of(own_terms(), MEASURES.get(key) or abort(404))


def _sees_cases() -> bool:
    """An analyst sees figures only."""
    return may(person(), "case.open")


def _within(measure: Measure) -> Within | None:
    """The part of a breakdown that the address asks for."""
    by = request.args.get("by", "")
    if not by:
        return None
    if by not in splits_of(measure):
        abort(404)
    return Within(by, name_asked("of")[:200])


def _about(connection: Connection, read: Read, within: Within | None) -> str:
    """In words what the list is narrowed to; nothing for the whole service."""
    narrowed = [] if read.asked.narrowed.is_everywhere else [about(connection, read.asked.narrowed)]
    if within is not None:
        scene = _of_period(connection, read)
        label = labels_of(connection, scene, within.by, [within.key]).get(within.key, within.key)
        narrowed.append(f"{in_own_words(TITLES[within.by]).lower()}: {label}")
    return ", ".join(narrowed)


def _behind(
    connection: Connection, measure: Measure, read: Read, part: Part, within: Within | None
) -> Behind:
    scene = _of_period(connection, read)
    after = request.args.get("after") or None
    try:
        return behind(
            connection,
            measure,
            scene,
            read.asked.narrowed,
            person=person(),
            part=part,
            within=within,
            after=after,
        )
    except ValueError:
        abort(404)


def _of_period(connection: Connection, read: Read) -> Scene:
    return scene_of(connection, read.asked.period, now=services().now(), as_known_on=read.asked.as_known_on)


def _changes(connection: Connection, measure: Measure, read: Read) -> Changes | None:
    if read.asked.as_known_on is None:
        return None
    now = services().now()
    then = _of_period(connection, read)
    today = scene_of(connection, read.asked.period, now=now)
    return changes_since(connection, measure, then, today, read.asked.narrowed, person=person())


def _by(measure: Measure, read: Read) -> str | None:
    """What the figure is broken down by: as asked for; otherwise as is told at once."""
    asked = request.args.get("by", "")
    if asked and asked not in splits_of(measure):
        abort(404)
    return asked or next((by for by in measure.splits if is_at_hand(measure, by, read.asked.narrowed)), None)


def _splits(measure: Measure, read: Read) -> dict[bool, list[tuple[str, str]]]:
    """What it can be broken down by, with the words: those told at once, and those that are counted when asked for."""
    found: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
    for split in splits_of(measure):
        at_hand = is_at_hand(measure, split, read.asked.narrowed)
        found[at_hand].append((split, in_own_words(TITLES[split]).lower()))
    return found


def _grouped(card: Scorecard) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in card.rows:
        groups.setdefault(row.group, []).append(row)
    return groups


def _next(read: Read, key: str, part: str, found: Behind, within: Within | None) -> str | None:
    if found.following is None:
        return None
    of_part = {"by": within.by, "of": within.key} if within else {}
    return url_for("scorecard.cases", key=key, part=part, **read.kept(after=found.following, **of_part))
