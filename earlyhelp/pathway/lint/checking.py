"""The whole judgement of a pathway file: form first, then sense."""

from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.form import salvaged
from earlyhelp.pathway.layers import Library, Places
from earlyhelp.pathway.lint.actions import check_actions
from earlyhelp.pathway.lint.clocks import check_clocks
from earlyhelp.pathway.lint.finding import Finding
from earlyhelp.pathway.lint.guards import check_guards
from earlyhelp.pathway.lint.kinds import check_kinds
from earlyhelp.pathway.lint.ladder import check_ladders
from earlyhelp.pathway.lint.names import check_names
from earlyhelp.pathway.lint.questions import check_questions
from earlyhelp.pathway.lint.states import check_states
from earlyhelp.pathway.lint.travel import travel
from earlyhelp.pathway.lint.versions import check_version
from earlyhelp.pathway.loading import folder_library, places_of, read, text_of, validated


def lint(pathway: Pathway, *, file: str = "") -> list[Fault]:
    """Every fault in the sense of a pathway, by key. `check` and `sound` know the lines as well."""
    return [
        Fault(file, ".".join(finding.path), finding.problem, finding.mend)
        for finding in _findings(pathway, ())
    ]


def check(path: Path, previous: Sequence[Pathway] = (), *, library: Library | None = None) -> list[Fault]:
    """Every fault of a file, of form or of sense, or of its version against those published earlier.

    `library` finds what it extends; without one, the files beside it.
    """
    try:
        text = text_of(path)
    except PathwayError as broken:
        return broken.faults
    return check_text(text, previous, file=str(path), library=library or folder_library(path.parent))


def check_text(text: str, previous: Sequence[Pathway] = (), *, file: str, library: Library) -> list[Fault]:
    """The same for the text of a file."""
    try:
        places = places_of(text, file=file, library=library)
    except PathwayError as broken:
        return broken.faults
    try:
        return _located(_findings(validated(places), previous), places)
    except PathwayError as broken:
        return broken.faults + _faults_beside(places, previous)


def sound(text: str, *, file: str, library: Library) -> Pathway:
    """The pathway written in a text. PathwayError with every fault if it may not run."""
    faults = check_text(text, file=file, library=library)
    if faults:
        raise PathwayError(faults)
    return read(text, file=file, library=library)


def _faults_beside(places: Places, previous: Sequence[Pathway]) -> list[Fault]:
    """What is wrong in the parts whose form is right, so that one run shows everything."""
    rest, damaged = salvaged(places.whole)
    findings = [] if rest is None else _findings(rest, previous)
    return _located([finding for finding in findings if finding.path[:2] not in damaged], places)


def _located(findings: Iterable[Finding], places: Places) -> list[Fault]:
    faults = [places.fault(finding.path, finding.problem, finding.mend) for finding in findings]
    return sorted(faults, key=lambda fault: (fault.file != places.layers[0].file, fault.file, fault.line))


def _findings(pathway: Pathway, previous: Sequence[Pathway]) -> list[Finding]:
    ways = travel(pathway)
    found = chain(
        check_names(pathway),
        check_questions(pathway),
        check_guards(pathway),
        check_states(pathway, ways),
        check_actions(pathway, ways),
        check_kinds(pathway, ways),
        check_clocks(pathway, ways),
        check_ladders(pathway),
        check_version(pathway, previous),
    )
    return list(dict.fromkeys(found))
