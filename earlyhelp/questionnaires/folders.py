"""Folders of pathway files and of the forms beside them: which there are, and whether each may run."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path

from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.layers import Library
from earlyhelp.pathway.lint import check, sound, version_order
from earlyhelp.pathway.loading import folder_library, read, text_of
from earlyhelp.questionnaires.definition import Form
from earlyhelp.questionnaires.judging import misfits
from earlyhelp.questionnaires.loading import FOLDER, faults_of, is_form, load, read as read_form


def sound_pathways(shipped: Path, own: Path | None) -> list[Pathway]:
    """Every pathway of both folders, older versions first. PathwayError with all faults if any file has one."""
    pathways: list[Pathway] = []
    faults: list[Fault] = []
    for path in pathway_files(shipped, own):
        try:
            pathways.append(sound_pathway(path, shipped))
        except PathwayError as broken:
            faults += broken.faults
    if faults:
        raise PathwayError(faults)
    return oldest_first(pathways)


def oldest_first(pathways: Iterable[Pathway]) -> list[Pathway]:
    """By name, and the versions of one name in the order in which they held."""
    return sorted(pathways, key=lambda p: (p.name, p.effective_from or date.min, version_order(p.version)))


def pathway_files(shipped: Path, own: Path | None) -> list[Path]:
    folders = [folder for folder in (shipped, own) if folder is not None]
    return [path for folder in folders for path in sorted(folder.glob("*.toml"))]


def sound_pathway(path: Path, shipped: Path) -> Pathway:
    """The pathway of one file, which may extend one beside it or a shipped one. PathwayError if it may not run."""
    library = library_for(path, shipped)
    pathway = sound(text_of(path), file=str(path), library=library)
    if faults := faults_of_its_forms(pathway, file=str(path), library=library):
        raise PathwayError(faults)
    return pathway


def faults_of_file(path: Path, shipped: Path) -> list[Fault]:
    """Every fault of a pathway file with the forms it names, or of a form file."""
    library = library_for(path.parent if is_form(path) else path, shipped)
    if is_form(path):
        return faults_of(path, library=library)
    faults = check(path, library=library)
    return faults or faults_of_its_forms(
        read(text_of(path), file=str(path), library=library), file=str(path), library=library
    )


def library_for(path: Path, shipped: Path) -> Library:
    """Where a file finds what it extends: beside it, then among the shipped ones."""
    return folder_library(path.parent, shipped)


def sound_forms(folders: list[Path], *, library: Library) -> list[Form]:
    """Every form beside the pathway files of these folders. PathwayError with all faults if any file has one."""
    forms: list[Form] = []
    faults: list[Fault] = []
    for path in (path for folder in folders for path in sorted((folder / FOLDER).glob("*.toml"))):
        try:
            forms.append(load(path, library=library))
        except PathwayError as broken:
            faults += broken.faults
    if faults:
        raise PathwayError(faults)
    return forms


def faults_of_its_forms(pathway: Pathway, *, file: str, library: Library) -> list[Fault]:
    """What is wrong with the forms that a pathway's actions name: missing, unsound, or not what the action needs."""
    faults: list[Fault] = []
    for action in pathway.actions.values():
        if action.form is not None:
            faults += _faults_of_form(pathway, action, action.form, file, library)
    return faults


def _faults_of_form(pathway: Pathway, action: Action, name: str, file: str, library: Library) -> list[Fault]:
    key = f"actions.{action.name}.form"
    if action.kind != "assessment_submitted":
        problem = f"an action of kind {action.kind} is not taken with a form"
        return [Fault(file, key, problem, "Take form out: only assessment_submitted is")]
    try:
        text = library(f"{FOLDER}/{name}")
    except KeyError:
        return [Fault(file, key, f"there is no form file {FOLDER}/{name}.toml", "Check the name")]
    try:
        form = read_form(text, file=f"{FOLDER}/{name}.toml", library=library)
    except PathwayError as broken:
        return broken.faults
    return [
        Fault(f"{FOLDER}/{name}.toml", ".".join(path), problem, mend)
        for path, problem, mend in misfits(form, pathway, action)
    ]
