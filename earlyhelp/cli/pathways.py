"""`pathway check`, `list` and `schema`."""

import argparse
import json
import sys

from earlyhelp import places
from earlyhelp.casework.seeding import library_for, sound_pathways
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.pathway.lint import check as faults_of
from earlyhelp.pathway.schema import schema


def check(arguments: argparse.Namespace) -> int:
    """Every fault of every file, and how to mend it; the last line of all, on standard error, counts them."""
    shipped = places.workflows()
    faults = [
        fault for path in arguments.files for fault in faults_of(path, library=library_for(path, shipped))
    ]
    if arguments.json:
        print(json.dumps({"faults": [fault.as_dict() for fault in faults]}, ensure_ascii=False, indent=2))
    else:
        print("\n".join(map(str, faults)) or "\n".join(f"{path}: sound" for path in arguments.files))
    if faults:
        sys.stdout.flush()
        raise CommandRefused(f"{len(faults)} {'fault' if len(faults) == 1 else 'faults'} found")
    return 0


def show_all(arguments: argparse.Namespace) -> int:
    """The pathways of the shipped folder and the council's own, by name and version."""
    pathways = sound_pathways(places.workflows(), opening.settings().workflows_path)
    if arguments.json:
        listed = [{"name": p.name, "version": p.version, "title": p.title} for p in pathways]
        print(json.dumps({"pathways": listed}, ensure_ascii=False, indent=2))
    else:
        width = max((len(f"{p.name} {p.version}") for p in pathways), default=0)
        for pathway in pathways:
            print(f"{f'{pathway.name} {pathway.version}':<{width}}  {pathway.title}")
    return 0


def show_schema(_arguments: argparse.Namespace) -> int:
    """JSON Schema of what a pathway file may say."""
    print(json.dumps(schema(), ensure_ascii=False, indent=2))
    return 0
