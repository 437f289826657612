"""Publishing forms, and finding the one that an assessment is made on."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select

from earlyhelp.casework.pathways import VersionTaken
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.layers import Library
from earlyhelp.questionnaires.definition import Form
from earlyhelp.questionnaires.judging import misfits
from earlyhelp.questionnaires.loading import FOLDER, content_of, digest, load, read, spoken
from earlyhelp.records.assessments import PublishedForm
from earlyhelp.records.prepared import Query

_NEWEST = Query(
    select(PublishedForm)
    .where(PublishedForm.name == bindparam("name"))
    .order_by(PublishedForm.published_at.desc(), PublishedForm.id.desc())
    .limit(1)
)


class FormInUse(NamedTuple):
    """A published form in a council's own words."""

    id: int
    form: Form


def publish_form(connection: Connection, form: Form, *, now: datetime) -> int:
    """Make a form version available to new assessments; returns its id. Publishing it again changes nothing.

    Raises VersionTaken when this name and version are published already with other content.
    """
    fingerprint = digest(form)
    published = connection.execute(
        select(PublishedForm.id, PublishedForm.digest).where(
            PublishedForm.name == form.name, PublishedForm.version == form.version
        )
    ).one_or_none()
    if published is None:
        statement = insert(PublishedForm).values(
            name=form.name,
            version=form.version,
            title=form.title,
            content=content_of(form),
            digest=fingerprint,
            published_at=now,
        )
        return int(connection.execute(statement.returning(PublishedForm.id)).scalar_one())
    if published.digest != fingerprint:
        raise VersionTaken(
            f"form '{form.name}' version {form.version} is published with other content: "
            "give the changed file a new version"
        )
    return int(published.id)


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
        form = read(text, file=f"{FOLDER}/{name}.toml", library=library)
    except PathwayError as broken:
        return broken.faults
    return [
        Fault(f"{FOLDER}/{name}.toml", ".".join(path), problem, mend)
        for path, problem, mend in misfits(form, pathway, action)
    ]


def form_action(pathway: Pathway, *, state: str | None = None) -> Action | None:
    """The action that submits an assessment made on a form; in that state only, when one is said."""
    return next(
        (
            action
            for action in pathway.actions.values()
            if action.form is not None and (state is None or state in action.sources)
        ),
        None,
    )


def is_published(connection: Connection, name: str) -> bool:
    return connection.scalar(select(PublishedForm.id).where(PublishedForm.name == name).limit(1)) is not None


def newest_form(connection: Connection, case: CaseRow, pathway: Pathway) -> FormInUse | None:
    """The form on which a new assessment is made; None when the pathway names none, or none is published."""
    action = form_action(pathway)
    if action is None:
        return None
    row = _NEWEST.first(connection, name=action.form)
    if row is None:
        return None
    return FormInUse(row.id, in_words_of(pathway, row.content, key=(row.digest, case.fingerprint)))


def in_words_of(pathway: Pathway, content: Mapping[str, Any], *, key: tuple[str, str]) -> Form:
    """The form in the words of a pathway. `key` is the digest of each: the same two are put together once."""
    found = _SPOKEN.get(key)
    if found is None:
        found = _SPOKEN[key] = spoken(content, pathway)
    return found


_SPOKEN: dict[tuple[str, str], Form] = {}
