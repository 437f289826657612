"""Fields of our forms. Each names the component that shows it (templates/parts/fields.html) and gives what the
engine reads: text, booleans, whole numbers, codes. Whether an answer may be given, the engine says.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from wtforms import FieldList, PasswordField, SelectField, SelectMultipleField, StringField
from wtforms.utils import unset_value

MANY = 15
"""Above so many choices radios become a list to search, and checkboxes a box to narrow down."""
HIGHEST_PLACE = 999


class GovField:
    """What the template needs beside WTForms' own: the component and where an error link puts the cursor."""

    component = "input"

    @property
    def focus_id(self) -> str:
        return str(self.id)  # type: ignore[attr-defined]


class Text(GovField, StringField):
    """One line. `value` is what was typed, without spaces around it."""

    def __init__(self, *args: Any, input_mode: str = "", width: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.input_mode, self.width = input_mode, width

    @property
    def value(self) -> Any:
        return (self.data or "").strip()


class LongText(Text):
    component = "textarea"


class Password(GovField, PasswordField):
    component = "password"


class Number(Text):
    """A whole number; what is none is handed on as typed, for the engine to refuse with its range."""

    @property
    def value(self) -> Any:
        text = (self.data or "").strip()
        digits = text.removeprefix("-")
        return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 10 else text


class Radios(GovField, SelectField):
    """One of a few. Anything else that is posted is handed on, for the engine to refuse in its words."""

    component = "radios"

    def __init__(self, *args: Any, hints: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, validate_choice=False, coerce=str, **kwargs)
        self.hints = hints or {}

    @property
    def focus_id(self) -> str:
        return f"{self.id}-1"

    @property
    def value(self) -> Any:
        return self.data if self.data not in {None, "None"} else ""

    @property
    def options(self) -> list[tuple[str, str]]:
        return list((self.choices or {}).items())


class Select(Radios):
    """One of many: a plain select, which the page's script turns into a box to search."""

    component = "select"

    @property
    def focus_id(self) -> str:
        return str(self.id)


class YesNo(Radios):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices={"yes": "Yes", "no": "No"}, **kwargs)

    @property
    def value(self) -> Any:
        return {"yes": True, "no": False}.get(super().value, super().value)


class Checkboxes(GovField, SelectMultipleField):
    component = "checkboxes"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validate_choice=False, coerce=str, **kwargs)

    @property
    def focus_id(self) -> str:
        return f"{self.id}-1"

    @property
    def value(self) -> Any:
        return list(self.data or [])

    @property
    def options(self) -> list[tuple[str, str]]:
        return list((self.choices or {}).items())


class ServicePicker(Checkboxes):
    """Services of a directory too long to show: search boxes, what was found, and what is chosen already."""

    component = "service_picker"
    PARTS = ("need", "age", "place", "words")

    def __init__(
        self, *args: Any, needs: Mapping[str, str] | None = None, told: str = "", **kwargs: Any
    ) -> None:
        self.asked: dict[str, str] = dict.fromkeys(self.PARTS, "")
        super().__init__(*args, **kwargs)
        self.needs, self.told = needs or {}, told

    @property
    def focus_id(self) -> str:
        """The first that was found, or where to search when nothing was."""
        return super().focus_id if self.options else f"{self.id}-need"

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        super().process(formdata, data, extra_filters)
        if formdata:
            self.asked = {part: formdata.get(f"{self.name}:{part}", "")[:100] for part in self.PARTS}


class Repeated(FieldList):
    """Forms within a form, one after another. Stays whole whatever names are posted."""

    def add_another(self) -> None:
        """One more empty form, up to the most there may be."""
        if len(self) < self.max_entries:
            self.append_entry(unset_value)

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        """WTForms' own fails on `children-²-name` and on a number of 5,000 digits."""
        for key in formdata:
            place = key.removeprefix(f"{prefix}-").partition("-")[0] if key.startswith(f"{prefix}-") else ""
            if place.isascii() and place.isdigit() and len(place) <= len(str(HIGHEST_PLACE)):
                yield int(place)


def noun_of(label: str) -> str:
    """A label as an error names it: without what only makes sense beside the field."""
    return label.removesuffix(" (optional)").rstrip("?")
