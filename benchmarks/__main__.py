"""Measure speed against its goals, beside hand-written SQL that reads and writes the same rows, in one run.

make bench                                        every part at its default size
python -m benchmarks transition lists             some parts
python -m benchmarks lists --sizes 10000 100000 --databases postgresql
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks import (
    engine,
    lists,
    matching,
    pages,
    places,
    queue,
    replay,
    starting,
    sweep,
    transition,
    whole_case,
)
from benchmarks.measuring import Figures

Part = Callable[[argparse.Namespace, Path], Figures]
SIZES = [10_000]


def main() -> None:
    chosen = _asked()
    figures: Figures = {}
    with tempfile.TemporaryDirectory() as folder:
        try:
            for name in chosen.part or PARTS:
                found = PARTS[name](chosen, Path(folder))
                figures |= found
                _show(found)
        finally:
            places.stop_server(Path(folder))
    if chosen.json:
        chosen.json.write_text(json.dumps(figures, indent=2, ensure_ascii=False))


def _asked() -> argparse.Namespace:
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__, formatter_class=shape)
    parser.add_argument("part", nargs="*", help=f"of {', '.join(PARTS)}; all without one")
    parser.add_argument(
        "--databases", nargs="+", choices=("sqlite", "postgresql"), default=["sqlite", "postgresql"]
    )
    parser.add_argument("--transitions", type=int, default=300, help="for each client and round")
    parser.add_argument("--sizes", nargs="+", type=int, default=SIZES, help="contacts, or open clocks")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    chosen = parser.parse_args()
    if unknown := set(chosen.part) - PARTS.keys():
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return chosen


def _show(figures: Figures) -> None:
    for name, value in figures.items():
        print(f"{name:<76}{value:>12,.2f}", flush=True)


def _on_each(run: Callable[..., Figures], chosen: argparse.Namespace, **given: object) -> Figures:
    figures: Figures = {}
    for kind in chosen.databases:
        figures |= run(kind=kind, **given)
    return figures


PARTS: Mapping[str, Part] = {
    "engine": lambda _, __: engine.run(),
    "start": lambda _, __: starting.run(),
    "transition": lambda chosen, folder: _on_each(
        transition.run, chosen, folder=folder, transitions_each=chosen.transitions
    ),
    "case": lambda chosen, folder: _on_each(whole_case.run, chosen, folder=folder, cases=20),
    "sweep": lambda chosen, folder: _on_each(sweep.run, chosen, folder=folder, sizes=tuple(chosen.sizes)),
    "lists": lambda chosen, folder: _on_each(lists.run, chosen, folder=folder, sizes=chosen.sizes),
    "pages": lambda chosen, folder: _on_each(pages.run, chosen, folder=folder, sizes=chosen.sizes),
    "matching": lambda _, __: matching.run(people=5_000, asked=2_000),
    "queue": lambda _, folder: queue.run(folder, contacts=20_000, waiting=5_000),
    "replay": lambda _, folder: replay.run(folder, contacts=300),
}
"""What can be measured, by the name it is asked for."""


if __name__ == "__main__":
    main()
