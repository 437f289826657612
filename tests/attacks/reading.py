"""What an attacker reads out of a page: the token of its forms, its links, and every form with its fields."""

from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from lxml import html


@dataclass(frozen=True)
class Form:
    """One form that is posted: where it goes and what it would send as it stands."""

    address: str
    fields: dict[str, str]


def token_in(page: str) -> str:
    return str(html.fromstring(page).xpath("string(//input[@name='csrf_token']/@value)"))


def links_in(page: str, at: str) -> list[str]:
    found = [
        urljoin(at, str(link)) for link in html.fromstring(page).xpath("//main//a/@href | //nav//a/@href")
    ]
    return [link for link in found if link.startswith("/") and not link.startswith("//")]


def forms_in(page: str, at: str) -> list[Form]:
    return [
        Form(urljoin(at, form.get("action") or at), _fields(form))
        for form in html.fromstring(page).forms
        if form.method == "POST"
    ]


def path_of(address: str) -> str:
    return urlsplit(address).path


def _fields(form: html.FormElement) -> dict[str, str]:
    fields = {}
    for part in form.xpath(".//input[@name] | .//textarea[@name] | .//select[@name] | .//button[@name]"):
        value = part.get("value") if part.tag in {"input", "button"} else part.value
        fields[str(part.get("name"))] = str(value or "")
    return fields
