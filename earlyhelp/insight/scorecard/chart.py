"""A run chart as SVG: drawn here, without a script and without a style attribute; shapes mark signals, not colours."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from earlyhelp.insight.measures.judging import written
from earlyhelp.insight.scorecard.contents import Row, Scorecard
from earlyhelp.insight.scorecard.words import signal_words
from earlyhelp.insight.scorecard.xmr import Limits, Point

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 14, 34
INK, QUIET, LINE = "#0b0c0c", "#505a5f", "#0b4d57"
FLAT = 1e-9
"""Less than this is no difference."""
SHAPES = {"outside": "diamond", "run": "triangle", "near a limit": "square"}


@dataclass(frozen=True)
class Scale:
    """Where values and months lie on the paper."""

    least: float
    most: float
    count: int
    step: float
    """Between two lines of the paper."""

    @property
    def ticks(self) -> list[float]:
        return [self.least + self.step * n for n in range(round((self.most - self.least) / self.step) + 1)]

    def x(self, place: int) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (place / max(self.count - 1, 1))

    def y(self, value: float) -> float:
        share = (value - self.least) / (self.most - self.least)
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share


def chart(card: Scorecard, row: Row, *, name: str | None = None) -> str:
    """The chart of one measure: `role="img"`, with a title and a description of its signals in words."""
    key = name or row.measure.key
    scale = _scale(row, len(card.months))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f"aria-labelledby={quoteattr(f'chart-{key}-title chart-{key}-words')}>",
        f"<title id={quoteattr(f'chart-{key}-title')}>{escape(row.measure.title)} by month</title>",
        f"<desc id={quoteattr(f'chart-{key}-words')}>{escape(signal_words(card, row))}</desc>",
        _frame(card, row, scale),
        *(_limit_lines(stretch, scale) for stretch in _stretches(row.points)),
        _target(row, scale),
        _line(row.points, scale),
        *(_mark(point, scale) for point in row.points),
        "</svg>",
    ]
    return "".join(parts)


def _scale(row: Row, count: int) -> Scale:
    values = [point.value for point in row.points]
    limits = [point.limits for point in row.points if point.limits]
    values += [limit.lower for limit in limits] + [limit.upper for limit in limits]
    if row.judged.target is not None:
        values.append(row.judged.target)
    least, most = min(values, default=0.0), max(values, default=1.0)
    if most - least < FLAT:
        least, most = min(least, max(least - 1, 0.0)), most + 1
    if row.measure.kind == "share":
        most = min(most, 100.0)
    step = _step(most - least, whole=row.measure.kind in {"count", "share"})
    floor = math.floor(least / step + FLAT) * step
    return Scale(floor, max(math.ceil(most / step - FLAT) * step, floor + step), count, step)


def _step(reach: float, *, whole: bool) -> float:
    """A round number that cuts what is to be shown into about three: 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(reach / 3))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= reach / 3)
    return max(step, 1.0) if whole else step


def _frame(card: Scorecard, row: Row, scale: Scale) -> str:
    """The axes: round values on the left, every third month below."""
    lines = []
    for value in scale.ticks:
        y = scale.y(value)
        lines.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#e0e3e4"/>')
        lines.append(_text(LEFT - 6, y + 4, _short(row, value), "end"))
    for place, month in enumerate(card.months):
        if (len(card.months) - 1 - place) % 3 == 0:
            anchor = "end" if place == len(card.months) - 1 else "start" if place == 0 else "middle"
            lines.append(_text(scale.x(place), HEIGHT - 12, f"{month.first:%b} {month.first.year}", anchor))
    return "".join(lines)


def _short(row: Row, value: float) -> str:
    return f"{value:.0f} %" if row.measure.kind == "share" else written(row.measure, value)


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-family="Source Sans 3, arial, sans-serif" font-size="13" fill="{QUIET}" '
        f'text-anchor="{anchor}">{escape(words)}</text>'
    )


def _stretches(points: Sequence[Point]) -> list[list[Point]]:
    """Points by the limits that they share."""
    found: list[list[Point]] = []
    for point in points:
        if found and found[-1][0].limits is point.limits:
            found[-1].append(point)
        else:
            found.append([point])
    return [stretch for stretch in found if stretch[0].limits is not None]


def _limit_lines(stretch: Sequence[Point], scale: Scale) -> str:
    limits: Limits | None = stretch[0].limits
    assert limits is not None
    x1, x2 = scale.x(stretch[0].place), scale.x(stretch[-1].place)
    lines = [_across(x1, x2, scale.y(limits.centre), "none", INK)]
    lines += [_across(x1, x2, scale.y(limit), "6 4", QUIET) for limit in (limits.lower, limits.upper)]
    return "".join(lines)


def _across(x1: float, x2: float, y: float, dashes: str, colour: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y:.1f}" stroke="{colour}" '
        f'stroke-width="1.2" stroke-dasharray="{dashes}"/>'
    )


def _target(row: Row, scale: Scale) -> str:
    if row.judged.target is None:
        return ""
    y = scale.y(row.judged.target)
    words = _text(WIDTH - RIGHT, y - 4, f"target {written(row.measure, row.judged.target)}", "end")
    return _across(LEFT, WIDTH - RIGHT, y, "1 4", INK) + words


def _line(points: Sequence[Point], scale: Scale) -> str:
    """From month to month; a month without a value leaves a gap."""
    path, before = [], None
    for point in points:
        move = "L" if before is not None and point.place == before + 1 else "M"
        path.append(f"{move}{scale.x(point.place):.1f} {scale.y(point.value):.1f}")
        before = point.place
    return f'<path d="{" ".join(path)}" fill="none" stroke="{LINE}" stroke-width="2"/>' if path else ""


def _mark(point: Point, scale: Scale) -> str:
    x, y = scale.x(point.place), scale.y(point.value)
    shape = SHAPES.get(point.signal or "")
    if shape is None:
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{LINE}"/>'
    corners = {
        "diamond": ((0, -8), (8, 0), (0, 8), (-8, 0)),
        "triangle": ((0, -7), (7, 6), (-7, 6)),
        "square": ((-5.5, -5.5), (5.5, -5.5), (5.5, 5.5), (-5.5, 5.5)),
    }[shape]
    points = " ".join(f"{x + dx:.1f},{y + dy:.1f}" for dx, dy in corners)
    return f'<polygon points="{points}" fill="#ffffff" stroke="{INK}" stroke-width="2.5"/>'
