"""Reading a form file: TOML to a checked `Form`, every fault with its file, line and key."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from earlyhelp.pathway.definition import Pathway
from earlyhelp.pathway.faults import Fault, PathwayError
from earlyhelp.pathway.form import form_faults
from earlyhelp.pathway.layers import Library, Places, parse
from earlyhelp.pathway.loading import NATIONAL, text_of
from earlyhelp.pathway.terms import TERMS, in_own_words
from earlyhelp.questionnaires.definition import Form
from earlyhelp.questionnaires.judging import findings

FOLDER = "forms"
READ_MORE = "See docs/form-format.md"


def load(path: Path, *, library: Library) -> Form:
    """The form of a file. PathwayError with every fault of form and of sense, each at its line."""
    return read(text_of(path), file=str(path), library=library)


def read(text: str, *, file: str, library: Library) -> Form:
    """The form written in `text`; national code lists come from the library."""
    layer = parse(text, file)
    places = Places([layer], _with_codes(layer.content, library))
    try:
        form = Form.model_validate(places.whole)
    except ValidationError as error:
        raise PathwayError(form_faults(error, places, root=Form, read_more=READ_MORE)) from None
    found = [places.fault(path, problem, mend) for path, problem, mend in findings(form)]
    if found:
        raise PathwayError(sorted(found, key=lambda fault: fault.line))
    return form


def faults_of(path: Path, *, library: Library) -> list[Fault]:
    """Every fault of a form file; empty when it is sound."""
    try:
        load(path, library=library)
    except PathwayError as broken:
        return broken.faults
    return []


def is_form(path: Path) -> bool:
    """Whether a file is a form: it has sections, or does not parse and lies among the forms."""
    try:
        return "sections" in parse(text_of(path), str(path)).content
    except PathwayError:
        return path.parent.name == FOLDER


def content_of(form: Form) -> dict[str, Any]:
    """The form as JSON-able data: how the database keeps it."""
    return form.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def digest(form: Form) -> str:
    """A fingerprint of everything the form says."""
    text = json.dumps(content_of(form), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def spoken(content: Mapping[str, Any], pathway: Pathway) -> Form:
    """The form in a council's own words, with the codes of its pathway before those of the file."""
    own = {name: codes for name, codes in pathway.codes.items() if name in content.get("codes", {})}
    form = Form.model_validate(
        {k: v for k, v in in_own_words({**content, TERMS: pathway.terms}).items() if k != TERMS}
    )
    return form.model_copy(update={"codes": {**form.codes, **own}})


def _with_codes(content: Mapping[str, Any], library: Library) -> dict[str, Any]:
    """The content with every national list that its questions choose from, under those of its own."""
    own = content.get("codes", {})
    if not isinstance(own, dict):
        return dict(content)
    try:
        national = parse(library(NATIONAL), NATIONAL).content.get("codes", {})
    except KeyError:
        national = {}
    used = {str(question.get("codes")) for question in _questions(content)}
    lists = {name: codes for name, codes in {**national, **own}.items() if name in used or name in own}
    return {**content, "codes": {name: _labelled(codes) for name, codes in lists.items()}}


def _labelled(codes: Any) -> Any:
    if not isinstance(codes, dict):
        return codes
    return {code: {"label": entry} if isinstance(entry, str) else entry for code, entry in codes.items()}


def _questions(content: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    sections = content.get("sections")
    return [
        question
        for section in (sections if isinstance(sections, list) else [])
        for question in _items(section)
        if isinstance(question, dict)
    ]


def _items(section: Any) -> list[Any]:
    questions = section.get("questions") if isinstance(section, dict) else None
    return questions if isinstance(questions, list) else []
