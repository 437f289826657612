"""Making usable text of what real feeds hold: mark-up, control characters, addresses without a scheme."""

import re
import unicodedata
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

NEW_LINE = frozenset({"p", "br", "div", "li", "ul", "ol", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "table"})
NOT_TEXT = frozenset({"script", "style", "template", "noscript", "head", "title"})
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")
"""Control characters, and those that turn the direction of the text around them."""
EMAIL = re.compile(r"^[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+\.[A-Za-z0-9-]{2,}$")
HOST = re.compile(r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")
LONGEST_READ = 200_000
"""Letters of one text that are looked at: the longest description in real feeds had 145,000."""
SHORTENED = " …"


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, _attributes: Any) -> None:
        if tag in NOT_TEXT:
            self._hidden += 1
        elif tag in NEW_LINE:
            self.parts.append("\n• " if tag == "li" else "\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in NOT_TEXT:
            self._hidden = max(0, self._hidden - 1)
        elif tag in NEW_LINE:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(data)


def plain_text(value: Any) -> str:
    """The words of a text that may be HTML, as lines without mark-up. Anything but text is nothing."""
    if not isinstance(value, str):
        return ""
    text = value[:LONGEST_READ]
    if "<" in text or "&" in text:
        parser = _Text()
        parser.feed(text)
        parser.close()
        text = "".join(parser.parts)
    text = CONTROL.sub(" ", unicodedata.normalize("NFC", _storable(text)).replace("\r", "\n"))
    lines = [" ".join(line.split()) for line in text.split("\n")]
    joined = "\n".join(line for line in lines if line and line != "•")
    return joined.strip()


def one_line(value: Any, longest: int) -> str:
    return clipped(" ".join(plain_text(value).split()), longest)


def clipped(text: str, longest: int) -> str:
    """The text, cut at a word where it is too long, with a mark that it was cut."""
    if len(text) <= longest:
        return text
    cut = text[: longest - len(SHORTENED)]
    kept = cut.rsplit(" ", 1)[0] if " " in cut[longest // 2 :] else cut
    return kept.rstrip() + SHORTENED


def web_address(value: Any) -> str:
    """An http or https address; without a scheme it is taken for https. Empty where it is no address."""
    text = "".join(plain_text(value).split())
    if not text or len(text) > 490:
        return ""
    if "://" not in text:
        text = f"https://{text.lstrip('/')}"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    named = parts.scheme in {"http", "https"} and HOST.match(host) and not parts.username
    return text if named else ""


def email_address(value: Any) -> str:
    text = one_line(value, 400).removeprefix("mailto:").strip()
    return text if len(text) <= 254 and EMAIL.match(text) else ""


def telephone(value: Any) -> str:
    """A telephone number as it was written; empty where there is no digit in it."""
    text = one_line(value, 60)
    return text if any(letter.isdigit() for letter in text) else ""


def whole_age(value: Any) -> int | None:
    """Years of age from a number or digits; None for anything else."""
    try:
        years = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else -1.0
    except ValueError:
        return None
    return int(years) if 0 <= years <= 150 else None


def _storable(text: str) -> str:
    """Without half characters, which no database takes."""
    return text.encode("utf-8", "replace").decode("utf-8")
