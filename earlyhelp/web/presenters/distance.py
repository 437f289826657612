"""Distance travelled as a picture: drawn here as SVG, so that it needs no script and stands in print too.

Shape and words carry the meaning, colour only beside them: a ring where the family began, small bars for reviews,
a filled diamond for now.
"""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from earlyhelp.insight.progress import Domain
from earlyhelp.web.presenters.words import counted

WIDTH, HEIGHT = 360, 96
LEFT, RIGHT = 20, 340
AXIS = 50
UP, DOWN, LEVEL = "#00703c", "#aa2a16", "#505a5f"
FONT = "'Source Sans 3', arial, sans-serif"


class Pictured(NamedTuple):
    """A domain with its picture and the words that say the same."""

    domain: Domain
    svg: str
    words: str


def pictured(domains: Sequence[Domain]) -> list[Pictured]:
    return [Pictured(one, _svg(one, number), change_words(one)) for number, one in enumerate(domains)]


def change_words(domain: Domain) -> str:
    """`From 3 to 7: 4 points better`."""
    first, last = domain.scores[0][1], domain.scores[-1][1]
    if domain.change is None:
        return f"{first} at the start. No later score yet"
    if not domain.change:
        return f"Still {last}: no change"
    better = "better" if domain.change > 0 else "worse"
    return f"From {first} to {last}: {counted(abs(domain.change), 'point')} {better}"


def _svg(domain: Domain, number: int) -> str:
    title, words = escape(domain.title), escape(change_words(domain))
    first, last = domain.scores[0][1], domain.scores[-1][1]
    colour = LEVEL if not domain.change else UP if domain.change > 0 else DOWN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="app-distance" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-labelledby="distance-{number}-title distance-{number}-desc" font-family="{FONT}">',
        f'<title id="distance-{number}-title">{title}</title>',
        f'<desc id="distance-{number}-desc">{words}. Scale from {domain.low} to {domain.high}, '
        f"{domain.high} is best.</desc>",
        *_scale(domain),
    ]
    if domain.change is not None:
        a, b = _x(domain, first), _x(domain, last)
        parts.append(f'<line x1="{a}" y1="{AXIS}" x2="{b}" y2="{AXIS}" stroke="{colour}" stroke-width="5"/>')
        parts += [_bar(_x(domain, score)) for _, score in domain.scores[1:-1]]
    parts += [_ring(_x(domain, first)), _label(domain, first, f"Start {first}", AXIS + 40)]
    if domain.change is not None:
        parts += [_diamond(_x(domain, last), colour), _label(domain, last, f"Now {last}", AXIS - 18, "700")]
    return "".join([*parts, "</svg>"])


def _scale(domain: Domain) -> list[str]:
    drawn = [f'<line x1="{LEFT}" y1="{AXIS}" x2="{RIGHT}" y2="{AXIS}" stroke="#b1b4b6" stroke-width="2"/>']
    for score in range(domain.low, domain.high + 1):
        x = _x(domain, score)
        drawn.append(f'<line x1="{x}" y1="{AXIS - 4}" x2="{x}" y2="{AXIS + 4}" stroke="#b1b4b6"/>')
        drawn.append(
            f'<text x="{x}" y="{AXIS + 22}" font-size="13" fill="#505a5f" text-anchor="middle">{score}</text>'
        )
    return drawn


def _x(domain: Domain, score: int) -> float:
    share = (score - domain.low) / max(domain.high - domain.low, 1)
    return round(LEFT + share * (RIGHT - LEFT), 1)


def _ring(x: float) -> str:
    return f'<circle cx="{x}" cy="{AXIS}" r="8" fill="#ffffff" stroke="#0b0c0c" stroke-width="3"/>'


def _bar(x: float) -> str:
    return f'<line x1="{x}" y1="{AXIS - 9}" x2="{x}" y2="{AXIS + 9}" stroke="#0b0c0c" stroke-width="2"/>'


def _diamond(x: float, colour: str) -> str:
    points = f"{x},{AXIS - 10} {x + 10},{AXIS} {x},{AXIS + 10} {x - 10},{AXIS}"
    return f'<polygon points="{points}" fill="{colour}" stroke="#0b0c0c" stroke-width="1.5"/>'


def _label(domain: Domain, score: int, text: str, y: int, weight: str = "400") -> str:
    """Kept inside the picture at both ends of the scale."""
    x = _x(domain, score)
    anchor = "start" if x < LEFT + 30 else "end" if x > RIGHT - 30 else "middle"
    at = x - 12 if anchor == "start" else x + 12 if anchor == "end" else x
    return (
        f'<text x="{at}" y="{y}" font-size="15" font-weight="{weight}" fill="#0b0c0c" '
        f'text-anchor="{anchor}">{text}</text>'
    )
