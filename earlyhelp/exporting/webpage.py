"""A page that stands alone, to be kept, sent or printed: whatever it needs is in it."""

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
body { font: 1rem/1.45 "Source Sans 3", arial, sans-serif; color: #0b0c0c; }
main { max-width: 64rem; margin: 0 auto; padding: 1rem; }
h1, h2, caption { color: #0b4d57; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.25rem 1.5rem; }
dt { font-weight: 700; }
dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 0 0 1.5rem; }
caption { font-weight: 700; font-size: 1.2rem; text-align: left; padding: 0.5rem 0; }
th, td { border-bottom: 1px solid #b1b4b6; padding: 0.3rem 1rem 0.3rem 0; text-align: left; vertical-align: top; }
.number { text-align: right; }
td.number { white-space: nowrap; }
th[scope="row"] { min-width: 9em; }
.said { border: 2px solid #0b4d57; padding: 0.5rem 1rem; white-space: pre-wrap; }
.chart { max-width: 40rem; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: 0.5rem; } }
@media print { main { max-width: none; } .wide { overflow: visible; } section, tr { break-inside: avoid; } }
"""


def web_page(title: str, facts: Iterable[tuple[str, str]], parts: Iterable[str]) -> bytes:
    """The whole page; the parts are HTML already."""
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(words)}</dd>" for name, words in facts)
    lines = [
        '<!doctype html><html lang="en-GB"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>",
        f"<h1>{escape(title)}</h1><dl>{listed}</dl>",
        *parts,
        "</main></body></html>\n",
    ]
    return "\n".join(lines).encode()


def web_table(
    caption: str, heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: frozenset[int] = frozenset()
) -> str:
    """A table whose first column names its rows. `numbers` are the columns that are read from the right."""

    def kind(place: int) -> str:
        return ' class="number"' if place in numbers else ""

    top = "".join(f'<th scope="col"{kind(place)}>{escape(head)}</th>' for place, head in enumerate(heads))
    lines = []
    for first, *others in rows:
        cells = "".join(f"<td{kind(place)}>{escape(cell)}</td>" for place, cell in enumerate(others, start=1))
        lines.append(f'<tr><th scope="row">{escape(first)}</th>{cells}</tr>')
    body = "\n".join(lines)
    return (
        f'<div class="wide" role="region" aria-label="{escape(caption)}" tabindex="0"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table></div>"
    )
