"""A picture of a pathway.

States stand in a column in the order in which families travel, each with its actions and time limits. An action that
leads on has an arrow; all arrows to one state share a lane, so that even twelve states stay readable. Nothing in it
needs a style sheet or a script: it passes the strictest content security policy, and is the same at every run.
"""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.outline import Station, Step, outline
from earlyhelp.pathway.vocabulary import BACK

INK, GREY, LINE, PAPER, LINK = "#0b0c0c", "#484949", "#b1b4b6", "#ffffff", "#1a65a6"
COLOURS = {
    "": (INK, "#f3f2f1"),
    **dict.fromkeys(["screening", "information", "enquiry"], ("#1d70b8", "#d2e2f1")),
    **dict.fromkeys(["allocation", "first contact"], ("#158187", "#d4ecea")),
    **dict.fromkeys(["assessment", "authorisation"], ("#54319f", "#dbd5e9")),
    "plan": ("#0f7a52", "#cfe4dc"),
    "step up": ("#b8410b", "#fcd6c3"),
    "closed": ("#484949", "#e5e6e7"),
}
"""By kind of state: the colour of its bar and lane, and the tint of its heading."""

FONT = "arial, sans-serif"
MARGIN, WIDTH, GAP = 16, 760, 26
HEADING, ROW, SMALL, PADDING = 36, 24, 18, 10
LANE, FIRST_LANE = 15, 30
LETTERS = 108
"""How many letters of small text fit into a line, in a font as wide as any."""
LETTERS_OF_A_ROW = 72
"""How many letters of an action and its roles fit before the name of where it leads."""


class Box(NamedTuple):
    """A state with its place: `rows` are the heights at which its arrows leave."""

    station: Station
    top: int
    notes: tuple[str, ...]

    @property
    def heading_y(self) -> int:
        return self.top + HEADING // 2

    def row_y(self, number: int) -> int:
        above = sum(map(_height_of, self.station.leaving[:number]))
        return self.top + HEADING + PADDING + above + ROW // 2

    @property
    def notes_y(self) -> int:
        return self.row_y(len(self.station.leaving)) - ROW // 2 + (PADDING // 2 if self.notes else 0)

    @property
    def height(self) -> int:
        return self.notes_y - self.top + SMALL * len(self.notes) + PADDING


class Overlay(NamedTuple):
    """What happens on a pathway, drawn over it: words beside a state's number, and beside the ways out of it.

    `ways` are by the state and the title of the action.
    """

    states: Mapping[str, str]
    ways: Mapping[tuple[str, str], str]


NOTHING = Overlay({}, {})


def svg(
    pathway: Pathway,
    counts: Mapping[str, int] | None = None,
    links: Mapping[str, str] | None = None,
    overlay: Overlay = NOTHING,
) -> str:
    """The picture. `counts` are open cases by state, `links` addresses by state."""
    boxes = _boxes(outline(pathway))
    lanes = _lanes(boxes)
    width = MARGIN + WIDTH + FIRST_LANE + LANE * len(lanes) + MARGIN
    height = boxes[-1].top + boxes[-1].height + MARGIN
    title, summary = escape(pathway.title), escape(_summary(pathway))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="{"group" if links else "img"}" aria-labelledby="pathway-title pathway-summary" '
        f'font-family="{FONT}" font-size="15">',
        f'<title id="pathway-title">{title}</title><desc id="pathway-summary">{summary}</desc>',
        f'<rect width="{width}" height="{height}" fill="{PAPER}"/>',
        *(_lane(name, x, boxes) for name, x in lanes.items()),
        *(_box(box, counts or {}, links or {}, overlay) for box in boxes),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _summary(pathway: Pathway) -> str:
    numbers = (
        f"{len(pathway.states)} states, {len(pathway.actions)} actions, {len(pathway.clocks)} time limits"
    )
    return f"{pathway.title}, version {pathway.version}: {numbers}."


def _boxes(stations: Sequence[Station]) -> list[Box]:
    boxes: list[Box] = []
    top = MARGIN
    for station in stations:
        boxes.append(Box(station, top, tuple(_notes(station))))
        top += boxes[-1].height + GAP
    return boxes


def _notes(station: Station) -> list[str]:
    staying = "; ".join(f"{step.title} ({step.roles})" for step in station.staying)
    said = [f"Also here: {staying}"] if staying else []
    said += ["Time limits: " + "; ".join(station.clocks)] if station.clocks else []
    return [line for words in said for line in wrap(words, LETTERS, subsequent_indent="    ")]


def _lanes(boxes: Sequence[Box]) -> dict[str, int]:
    """The place of each state's lane: short ones near the boxes, so that long ones cross little."""

    def length(name: str) -> int:
        heights = [y for y, _ in _leaving_for(name, boxes)] + [_target(name, boxes).heading_y]
        return max(heights) - min(heights)

    led_to = [step.to for box in boxes for step in box.station.leaving if step.to is not None]
    ordered = sorted(dict.fromkeys(name for name in led_to if name != BACK), key=length)
    return {name: MARGIN + WIDTH + FIRST_LANE + LANE * place for place, name in enumerate(ordered)}


def _leaving_for(name: str, boxes: Sequence[Box]) -> list[tuple[int, Step]]:
    return [
        (box.row_y(number), step)
        for box in boxes
        for number, step in enumerate(box.station.leaving)
        if step.to == name
    ]


def _target(name: str, boxes: Sequence[Box]) -> Box:
    return next(box for box in boxes if box.station.name == name)


def _lane(name: str, x: int, boxes: Sequence[Box]) -> str:
    """All arrows that lead to one state."""
    target = _target(name, boxes)
    colour, edge = COLOURS[target.station.kind][0], MARGIN + WIDTH
    leaving = [y for y, _ in _leaving_for(name, boxes)]
    heights = [*leaving, target.heading_y]
    path = f"M{x} {min(heights)}V{max(heights)}M{x} {target.heading_y}H{edge + 9}"
    path += "".join(f"M{edge} {y}H{x}" for y in leaving)
    head = f"{edge},{target.heading_y} {edge + 11},{target.heading_y - 6} {edge + 11},{target.heading_y + 6}"
    joints = "".join(f'<circle cx="{x}" cy="{y}" r="3"/>' for y in leaving)
    return (
        f'<g fill="{colour}" stroke="none"><path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        f'{joints}<polygon points="{head}"/></g>'
    )


def _box(box: Box, counts: Mapping[str, int], links: Mapping[str, str], overlay: Overlay) -> str:
    colour, tint = COLOURS[box.station.kind]
    leaving = box.station.leaving
    parts = [
        f'<rect x="{MARGIN}" y="{box.top}" width="{WIDTH}" height="{box.height}" fill="{PAPER}" stroke="{LINE}"/>',
        f'<rect x="{MARGIN}" y="{box.top}" width="{WIDTH}" height="{HEADING}" fill="{tint}"/>',
        f'<rect x="{MARGIN}" y="{box.top}" width="6" height="{box.height}" fill="{colour}"/>',
        _heading(box, counts, links, overlay.states),
        *(_row(step, box.row_y(number), _share(box, step, overlay)) for number, step in enumerate(leaving)),
    ]
    for number, line in enumerate(box.notes):
        y = box.notes_y + SMALL * number + 13
        indent = 14 if line.startswith(" ") else 0
        parts.append(_text(MARGIN + 20 + indent, y, line.strip(), size=13, fill=GREY))
    return f"<g>{''.join(parts)}</g>"


def _share(box: Box, step: Step, overlay: Overlay) -> str:
    """How often this way was taken, in words; empty where that is not drawn."""
    return overlay.ways.get((box.station.name or "", step.title), "")


def _heading(box: Box, counts: Mapping[str, int], links: Mapping[str, str], notes: Mapping[str, str]) -> str:
    name, y = box.station.name or "", box.heading_y + 6
    address = links.get(name)
    title = _text(MARGIN + 20, y, box.station.title, size=18, fill=LINK if address else INK, bold=True)
    if address:
        title = f"<a href={quoteattr(address)}>{title}</a>"
    cases = counts.get(name)
    number = "" if cases is None else f"{cases:,} {'case' if cases == 1 else 'cases'}"
    number += f" · {notes[name]}" if number and name in notes else ""
    return title + (
        _text(MARGIN + WIDTH - 12, y, number, size=15, fill=INK, bold=True, end=True) if number else ""
    )


def _height_of(step: Step) -> int:
    return ROW if _is_short(step) else ROW + SMALL


def _is_short(step: Step) -> bool:
    """Whether the roles fit beside the action; otherwise they stand below it."""
    return len(step.title) + len(step.roles) <= LETTERS_OF_A_ROW


def _row(step: Step, y: int, share: str) -> str:
    arrow = "↩" if step.to == BACK else "→"
    place = 'dx="8"' if _is_short(step) else f'x="{MARGIN + 20}" dy="{SMALL}"'
    return (
        f'<text x="{MARGIN + 20}" y="{y + 5}" fill="{INK}">{escape(step.title)} '
        f'<tspan font-size="13" fill="{GREY}" {place}>{escape(step.roles)}</tspan></text>'
        + _text(
            MARGIN + WIDTH - 12, y + 5, f"{share} {arrow} {step.where}".strip(), size=14, fill=INK, end=True
        )
    )


def _text(x: int, y: int, words: str, *, size: int, fill: str, bold: bool = False, end: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    anchor = ' text-anchor="end"' if end else ""
    return f'<text x="{x}" y="{y}" font-size="{size}" fill="{fill}"{weight}{anchor}>{escape(words)}</text>'
