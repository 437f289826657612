"""`pathway diagram`, apart from the other verbs because drawing loads more."""

import argparse
import os
from pathlib import Path

from earlyhelp import places
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.diagram import svg
from earlyhelp.questionnaires.folders import sound_pathway, sound_pathways
from earlyhelp.settings import Settings


def draw(arguments: argparse.Namespace) -> int:
    """A picture of a pathway as SVG."""
    picture = svg(_named(arguments.name, Settings.from_environment(os.environ)))
    if arguments.output is None:
        print(picture)
    else:
        arguments.output.write_text(picture, encoding="utf-8")
    return 0


def _named(name: str, settings: Settings) -> Pathway:
    """The pathway in a file of that path, or the newest version of that name."""
    shipped = places.workflows()
    if name.endswith(".toml"):
        return sound_pathway(Path(name), shipped)
    pathways = sound_pathways(shipped, settings.workflows_path)
    versions = [pathway for pathway in pathways if pathway.name == name]
    if not versions:
        known = ", ".join(sorted({pathway.name for pathway in pathways}))
        raise CommandRefused(f"there is no pathway called {name}; there are {known}")
    return versions[-1]
