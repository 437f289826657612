"""Publishing forms, and finding the one that an assessment is made on."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, insert, select

from earlyhelp.casework.pathways import VersionTaken
from earlyhelp.casework.reading import CaseRow
from earlyhelp.pathway.definition import Action, Pathway
from earlyhelp.questionnaires.definition import Form
from earlyhelp.questionnaires.loading import content_of, digest, spoken
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
