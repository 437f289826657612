"""Measure speed against its goals, beside hand-written SQL that reads and writes the same rows, in one run.

make bench                                        every part at its default size
python -m benchmarks transition lists             some parts
python -m benchmarks lists --sizes 10000 100000 --databases postgresql

Prints a table, and how busy the machine was. A part that fails is told and the others go on; exit 1 then.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import (
    acting,
    councils,
    engine,
    every_page,
    lists,
    matching,
    memory,
    pages,
    places,
    queue,
    replay,
    scorecard,
    starting,
    sweep,
    transition,
    whole_case,
)
from benchmarks.councils import Councils
from benchmarks.measuring import Figures
from benchmarks.stopping import run_to_the_end

SIZES = [10_000]


@dataclass(frozen=True)
class Run:
    """What the parts of one run are given."""

    chosen: argparse.Namespace
    folder: Path
    councils: Councils


Part = Callable[[Run], Figures]


def main() -> int:
    chosen = _asked()
    figures: Figures = {}
    failed: list[str] = []
    before = os.getloadavg()[0]
    with _folder() as folder, Councils(folder, chosen.sizes) as filled:
        run = Run(chosen, folder, filled)
        for name in chosen.part or PARTS:
            found = _tried(name, run)
            figures |= found
            failed += [] if found else [name]
            _show(name, found)
    about = _machine(before)
    print("\n" + ", ".join(f"{what} {value}" for what, value in about.items()))
    if chosen.json:
        text = json.dumps(
            {"machine": about, "failed": failed, "figures": figures}, indent=2, ensure_ascii=False
        )
        chosen.json.write_text(text, encoding="utf-8")
        print(f"The same as JSON: {chosen.json}")
    if failed:
        print(f"These parts failed, see above: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for the databases. A server that was started in it is stopped."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield Path(folder)
        finally:
            places.stop_server(Path(folder))


def _tried(name: str, run: Run) -> Figures:
    """What a part measured; nothing where it failed, which is told at once."""
    try:
        return PARTS[name](run)
    except Exception:
        print(f"{name} failed:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        return {}


def _machine(load_before: float) -> dict[str, str]:
    """What the figures depend on. Where the load is above the cores, compare ratios and processor time only."""
    return {
        "cores": str(os.cpu_count()),
        "Python": platform.python_version(),
        "load before": f"{load_before:.1f}",
        "load after": f"{os.getloadavg()[0]:.1f}",
    }


def _asked() -> argparse.Namespace:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__, formatter_class=shape)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; all without one")
    parser.add_argument(
        "--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"]
    )
    parser.add_argument("--transitions", type=int, default=300, help="for each client and round")
    parser.add_argument("--pages", type=int, default=2_000, help="opened until memory should be level")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="contacts, or open clocks")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    if unknown := set(chosen.part) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return chosen


def _show(part: str, figures: Figures) -> None:
    print(f"\n{part}", flush=True)
    for name, value in figures.items():
        print(f"  {name:<84}{value:>12,.2f}", flush=True)


def matching_on(kind: str, folder: Path) -> Figures:
    with places.database(kind, folder) as url:
        return matching.run(people=5_000, asked=2_000, database=url)


def _on_each(measure: Callable[..., Figures], run: Run, **given: object) -> Figures:
    figures: Figures = {}
    for kind in run.chosen.databases:
        figures |= measure(kind=kind, folder=run.folder, **given)
    return figures


def _on_councils(measure: Callable[..., Figures], run: Run) -> Figures:
    figures: Figures = {}
    for kind in run.chosen.databases:
        figures |= measure(run.councils, kind=kind)
    return figures


PARTS: Mapping[str, Part] = {
    "engine": lambda _: engine.run(),
    "start": lambda _: starting.run(),
    "memory": lambda run: _on_each(memory.run, run, pages=run.chosen.pages),
    "transition": lambda run: _on_each(transition.run, run, transitions_each=run.chosen.transitions),
    "case": lambda run: _on_each(whole_case.run, run, cases=20),
    "sweep": lambda run: _on_each(sweep.run, run, sizes=tuple(run.chosen.sizes)),
    "fill": lambda run: _on_councils(councils.run, run),
    "lists": lambda run: _on_councils(lists.run, run),
    "pages": lambda run: _on_councils(pages.run, run),
    "scorecard": lambda run: _on_councils(scorecard.run, run),
    "acting": lambda run: _on_councils(acting.run, run),
    "every_page": lambda run: _on_councils(every_page.run, run),
    "matching": lambda run: _on_each(matching_on, run),
    "queue": lambda run: _on_each(queue.run, run, contacts=20_000, waiting=5_000),
    "replay": lambda run: _on_each(replay.run, run, contacts=300),
}
"""What can be measured, by the name it is asked for."""


if __name__ == "__main__":
    run_to_the_end(main)
