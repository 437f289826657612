"""`pathway check`, `list`, `show` and `schema`."""

import argparse
import json
import os
import sys
from pathlib import Path

from earlyhelp import places
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.pathway.loading import resolved_content, text_of, written_content
from earlyhelp.pathway.schema import schema
from earlyhelp.pathway.writing import as_toml
from earlyhelp.questionnaires.folders import (
    faults_of_file,
    library_for,
    oldest_first,
    pathway_files,
    sound_pathway,
    sound_pathways,
)
from earlyhelp.settings import Settings


def check(arguments: argparse.Namespace) -> int:
    """Every fault of every file, and how to mend it; the last line of all, on standard error, counts them."""
    shipped = places.workflows()
    faults = [fault for path in arguments.files for fault in faults_of_file(path, shipped)]
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
    pathways = sound_pathways(places.workflows(), _own())
    if arguments.json:
        listed = [{"name": p.name, "version": p.version, "title": p.title} for p in pathways]
        print(json.dumps({"pathways": listed}, ensure_ascii=False, indent=2))
    else:
        width = max((len(f"{p.name} {p.version}") for p in pathways), default=0)
        for pathway in pathways:
            print(f"{f'{pathway.name} {pathway.version}':<{width}}  {pathway.title}")
    return 0


def show(arguments: argparse.Namespace) -> int:
    """A pathway as it is written, or with all that it extends; as TOML, or as JSON."""
    path, text = _file_of(arguments.name)
    library = library_for(path, places.workflows())
    content = (resolved_content if arguments.resolved else written_content)(
        text, file=str(path), library=library
    )
    if arguments.json:
        print(json.dumps(content, ensure_ascii=False, indent=2, default=str))
    else:
        print(as_toml(content) if arguments.resolved else text.rstrip("\n"))
    return 0


def _own() -> Path | None:
    """The folder of the council's own pathways, if the settings name one."""
    return Settings.from_environment(os.environ).workflows_path


def _file_of(name: str) -> tuple[Path, str]:
    """The file of that path, or that of the newest version of the pathway of that name, and what it says."""
    shipped = places.workflows()
    if name.endswith(".toml"):
        sound_pathway(Path(name), shipped)
        return Path(name), text_of(Path(name))
    files = pathway_files(shipped, _own())
    found = [(path, sound_pathway(path, shipped)) for path in files]
    versions = oldest_first(pathway for _, pathway in found if pathway.name == name)
    if not versions:
        known = ", ".join(sorted({pathway.name for _, pathway in found}))
        raise CommandRefused(f"there is no pathway called {name}; there are {known}")
    path = next(path for path, pathway in found if pathway is versions[-1])
    return path, text_of(path)


def show_schema(_arguments: argparse.Namespace) -> int:
    """JSON Schema of what a pathway file may say."""
    print(json.dumps(schema(), ensure_ascii=False, indent=2))
    return 0
