"""Known vulnerabilities of what we depend on, asked without a network: an extract of a public database in the tree.

`python -m tests.support.advisories all.zip --taken 2026-11-21` makes the extract anew from the PyPI archive of OSV
(one record a file, as https://ossf.github.io/osv-schema/ says) for every package that a lock names.
"""

import json
import re
import sys
import zipfile
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
EXTRACT = REQUIREMENTS / "advisories.json"
SOURCE = "PyPA advisory database, by way of OSV: CC BY 4.0"
ENDS = {"fixed": "<", "last_affected": "<="}
LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)


@dataclass(frozen=True)
class Advisory:
    """One vulnerability of one package: versions that meet one of the `ranges`, or are among `versions`."""

    id: str
    aliases: tuple[str, ...]
    package: str
    ranges: tuple[str, ...]
    versions: tuple[str, ...]

    def affects(self, version: str) -> bool:
        return version in self.versions or _meets(self.ranges, version)


@dataclass(frozen=True)
class Extract:
    taken: str
    packages: frozenset[str]
    advisories: tuple[Advisory, ...]

    def affecting(self, name: str, version: str) -> list[Advisory]:
        return [each for each in self.advisories if each.package == name and each.affects(version)]


def locked() -> set[tuple[str, str]]:
    """Every package that a lock names, with its version."""
    found = (LOCKED.findall(lock.read_text()) for lock in sorted(REQUIREMENTS.glob("*.txt")))
    return {(canonicalize_name(name), version) for pins in found for name, version in pins}


def kept() -> Extract:
    """The extract in the tree."""
    read = json.loads(EXTRACT.read_text())
    advisories = tuple(
        Advisory(
            id=each["id"],
            aliases=tuple(each["aliases"]),
            package=each["package"],
            ranges=tuple(each["ranges"]),
            versions=tuple(each["versions"]),
        )
        for each in read["advisories"]
    )
    return Extract(read["taken"], frozenset(read["packages"]), advisories)


def read_archive(archive: Path, packages: set[str]) -> Iterator[Advisory]:
    """What an archive of OSV records says of some packages; withdrawn records are none."""
    with zipfile.ZipFile(archive) as files:
        for name in sorted(files.namelist()):
            record = json.loads(files.read(name))
            if "withdrawn" not in record:
                yield from _of_record(record, packages)


def _of_record(record: dict[str, Any], packages: set[str]) -> Iterator[Advisory]:
    for affected in record.get("affected", []):
        package = canonicalize_name(affected["package"]["name"])
        if affected["package"]["ecosystem"] == "PyPI" and package in packages:
            ranges = tuple(_ranges(affected.get("ranges", [])))
            listed = tuple(each for each in affected.get("versions", []) if not _meets(ranges, each))
            yield Advisory(record["id"], tuple(sorted(record.get("aliases", []))), package, ranges, listed)


def _ranges(ranges: list[dict[str, Any]]) -> Iterator[str]:
    """Ranges as Python writes them: `>=2.0,<2.11.3`. A range of commits says nothing about versions."""
    events = (pairwise([*each["events"], {}]) for each in ranges if each["type"] != "GIT")
    for event, following in chain.from_iterable(events):
        if "introduced" in event:
            ends = [f"{sign}{following[key]}" for key, sign in ENDS.items() if key in following]
            yield ",".join([f">={event['introduced']}", *ends])


def _meets(ranges: Iterable[str], version: str) -> bool:
    try:
        return any(Version(version) in SpecifierSet(each, prereleases=True) for each in ranges)
    except InvalidVersion:
        return False


def main(arguments: list[str]) -> None:
    parser = ArgumentParser(
        description="Keep what an archive of OSV records says of the packages that are locked."
    )
    parser.add_argument("archive", type=Path)
    parser.add_argument("--taken", required=True, help="the day of the archive")
    chosen = parser.parse_args(arguments)
    packages = {name for name, _ in locked()}
    advisories = [vars(each) for each in read_archive(chosen.archive, packages)]
    extract = {
        "source": SOURCE,
        "taken": chosen.taken,
        "packages": sorted(packages),
        "advisories": advisories,
    }
    EXTRACT.write_text(json.dumps(extract, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
