"""Can every question of a form be asked and answered, and does the form fit the action that it is for?"""

from collections.abc import Iterable, Iterator

from earlyhelp.pathway.definition import Action, Field, Pathway
from earlyhelp.pathway.form import near
from earlyhelp.questionnaires.definition import Form, Question

Path = tuple[str, ...]
Finding = tuple[Path, str, str]
"""Where in the file, what is wrong, how to mend it."""
CHOOSING = {"choice", "choices"}


def findings(form: Form) -> list[Finding]:
    """Every fault in the sense of a form."""
    found = [*_repeated(form)]
    earlier: dict[str, Question] = {}
    for at, question in _located(form):
        found += _choice(form, at, question)
        found += _settings(at, question)
        found += _condition(form, at, question, earlier)
        earlier[question.name] = question
    return found


def misfits(form: Form, pathway: Pathway, action: Action) -> Iterator[Finding]:
    """Where the form cannot give the action what it asks for. A manager would get it late, or nobody ever."""
    filled: dict[str, list[Question]] = {}
    for at, question in _located(form):
        if question.fills is not None:
            filled.setdefault(question.fills, []).append(question)
            yield from _fill(pathway, action, at, question)
    for name, questions in filled.items():
        field = action.field(name)
        if field is not None and len(questions) > 1 and field.type != "long_text":
            problem = f"several questions fill '{name}', which is a {field.type}"
            yield ("sections",), problem, "Only a long_text can be filled by several"
    for field in action.fields:
        if field.required is True and not any(
            q.required and (q.ask is None) for q in filled.get(field.name, ())
        ):
            problem = f"{action.name} needs '{field.name}', and no required question fills it"
            yield ("sections",), problem, f'Add fills = "{field.name}" to a question with required = true'


def _fill(pathway: Pathway, action: Action, at: Path, question: Question) -> Iterator[Finding]:
    field = action.field(question.fills or "")
    if field is None:
        problem = f"{action.name} of pathway {pathway.name} has no field '{question.fills}'"
        yield (*at, "fills"), problem, near(question.fills or "", [one.name for one in action.fields])
    elif field.type == "long_text":
        return
    elif field.type != question.type:
        problem = f"a {question.type} cannot fill '{field.name}', which is a {field.type}"
        yield (*at, "fills"), problem, f'Make it type = "{field.type}"'
    elif field.type in CHOOSING and field.codes != question.codes:
        problem = f"'{field.name}' is chosen from the list '{field.codes}'"
        yield (*at, "codes"), problem, f'Write codes = "{field.codes}"'
    elif (field.min, field.max) != (question.min, question.max):
        yield (
            (*at, "fills"),
            f"'{field.name}' goes from {field.min} to {field.max}",
            "Give the same min and max",
        )
    elif question.max_length > field.max_length and _has_length(field):
        yield (*at, "max_length"), f"'{field.name}' holds {field.max_length:,} characters", "Make it shorter"


def _has_length(field: Field) -> bool:
    return field.type == "text"


def _located(form: Form) -> Iterator[tuple[Path, Question]]:
    for section in form.sections:
        for question in section.questions:
            yield ("sections", section.name, "questions", question.name), question


def _repeated(form: Form) -> Iterator[Finding]:
    sections = [section.name for section in form.sections]
    for place, name in _again(sections):
        yield ("sections", str(place), "name"), f"two sections are called '{name}'", "Give it another name"
    seen: set[str] = set()
    for number, section in enumerate(form.sections):
        for place, question in enumerate(section.questions):
            if question.name in seen:
                path = ("sections", str(number), "questions", str(place), "name")
                problem = f"two questions are called '{question.name}'"
                yield path, problem, "Answers are kept by name: give it another"
            seen.add(question.name)


def _again(names: Iterable[str]) -> Iterator[tuple[int, str]]:
    seen: set[str] = set()
    for place, name in enumerate(names):
        if name in seen:
            yield place, name
        seen.add(name)


def _choice(form: Form, at: Path, question: Question) -> Iterator[Finding]:
    if question.codes is None:
        if question.type in CHOOSING:
            problem = f"is a {question.type} but has no code list to choose from"
            yield at, problem, 'Add codes = "…", naming a list'
        return
    if question.type not in CHOOSING:
        problem = f"a question of type {question.type} has nothing to choose from"
        yield (*at, "codes"), problem, "Take codes out, or make it a choice"
    elif question.codes not in form.codes:
        mend = (
            near(question.codes, form.codes)
            if form.codes
            else "Write it under [codes], or name a national list"
        )
        yield (*at, "codes"), f"there is no code list '{question.codes}'", mend
    for code in question.only:
        if code not in form.codes.get(question.codes, {}):
            known = form.codes.get(question.codes, {})
            yield (*at, "only"), f"the list has no code '{code}'", near(code, known)


def _settings(at: Path, question: Question) -> Iterator[Finding]:
    if question.type == "score":
        if question.min is None or question.max is None:
            yield at, "a score needs its least and greatest value", "Add min = 1 and max = 10"
        elif question.min >= question.max:
            yield (*at, "max"), "the greatest value is not above the least", "Change min or max"
    for key in ("min", "max"):
        if question.type != "score" and getattr(question, key) is not None:
            yield (*at, key), f"a question of type {question.type} has no {key}", f"Take {key} out"


def _condition(form: Form, at: Path, question: Question, earlier: dict[str, Question]) -> Iterator[Finding]:
    if question.ask is None:
        return
    asked = earlier.get(question.ask.when)
    choices = [name for name, other in earlier.items() if other.type in CHOOSING | {"yes_no"}]
    if asked is None or asked.name not in choices:
        problem = f"'{question.ask.when}' is not an earlier question in which answers are chosen"
        yield (*at, "ask", "when"), problem, near(question.ask.when, choices)
        return
    answers = {"yes", "no"} if asked.type == "yes_no" else set(form.codes.get(asked.codes or "", {}))
    for value in question.ask.values:
        if value not in answers:
            problem = f"'{value}' is no answer to '{asked.name}'"
            yield (*at, "ask", "is"), problem, near(value, answers)
