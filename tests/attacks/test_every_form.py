"""Whatever is typed into whichever field of whichever form: never an error of ours, and shown as text, never run."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from itertools import product

from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from earlyhelp.casework.audit import verify_all
from earlyhelp.records.database import reading
from tests.attacks.conftest import HOST, Target
from tests.attacks.reading import Form, forms_in, links_in, path_of, token_in

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>{{7*7}}=cmd|' /C calc'!A0 \u202e\u2066🙂"
CORPUS = (
    SCRIPT,
    "a\x00b",
    "x" * 100_000,
    "9" * 30,
    "-1",
    "../../../../etc/passwd",
    "0000-00-00",
    "line\r\nBcc: all@evil.example",
    "'; DROP TABLE cases; --",
    "\ud800",
    "",
)
AT_ONCE = (SCRIPT, "\ud800")
LEFT_ALONE = {"account.sign_out", "sessions.end", "sessions.end_others"}
"""They end the attacker's own session whatever they are sent."""
PEOPLE = ("screener", "lead", "manager", "service_manager", "administrator")
MOST_OF_A_KIND, MOST_ASKED = 2, 4
GUESSED = ("reason", "words", "note", "version", "code", "choice", "case", "key", "email", "which", "moves")
"""Names of fields where no page shows the form."""


def test_every_field_of_every_form_with_anything(target: Target) -> None:
    forms: dict[tuple[str, frozenset[str]], tuple[FlaskClient, Form]] = {}
    visited: list[tuple[FlaskClient, str]] = []
    kinds: Counter[str] = Counter()
    for client in (target.stranger(), *map(target.signed_in, PEOPLE)):
        for address, page in pages_of(target, client, kinds):
            visited.append((client, address))
            for form in forms_in(page, address):
                forms.setdefault(
                    (endpoint(target, path_of(form.address), "POST"), frozenset(form.fields)), (client, form)
                )
    assert len({name for name, _ in forms}) > 55, "the walk has lost its way"
    for number, ((name, _), (client, form)) in enumerate(forms.items()):
        if name not in LEFT_ALONE:
            attack(client, form, start=number)
    administrator = target.signed_in("administrator")
    csrf = token_in(administrator.get("/account/security").text)
    for rule in posted_to(target):
        if rule.endpoint not in {name for name, _ in forms} | LEFT_ALONE:
            for value in AT_ONCE:
                send(administrator, unseen(target, rule, csrf), dict.fromkeys(GUESSED, value))
    for client, address in visited[::4]:
        answer = client.get(address)
        assert answer.status_code < 500, address
        assert "<script>alert(1)" not in answer.text, address
    with reading(target.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar_one() >= 4
        assert [broken for _, broken in verify_all(connection) if broken] == []


def posted_to(target: Target) -> list[Rule]:
    rules = target.app.url_map.iter_rules()
    return [rule for rule in rules if "POST" in (rule.methods or ()) and not rule.rule.startswith("/api/")]


def unseen(target: Target, rule: Rule, csrf: str) -> Form:
    """A form that no page of this council shows at the moment, as who knows the program would send it."""
    values = {name: target.places.get(name, 1) for name in rule.arguments}
    first = {name: value[0] if isinstance(value, tuple) else value for name, value in values.items()}
    return Form(written(rule.rule, first), {"csrf_token": csrf})


def pages_of(target: Target, client: FlaskClient, kinds: Counter[str]) -> Iterator[tuple[str, str]]:
    """Pages of every kind that a person may open, by their addresses and by the links on them."""
    waiting, seen, asked = deque(addresses_of(target)), set[str](), Counter[str]()
    while waiting:
        address = waiting.popleft()
        kind = endpoint(target, path_of(address))
        if (
            address in seen
            or kinds[kind] >= MOST_OF_A_KIND
            or asked[kind] >= MOST_ASKED
            or kind in LEFT_ALONE
        ):
            continue
        seen.add(address)
        asked[kind] += 1
        answer = client.get(address, follow_redirects=True)
        if answer.status_code == 200:
            kinds[endpoint(target, answer.request.path)] += 1  # a file too: there is no form in any
        if answer.status_code == 200 and answer.mimetype == "text/html":
            yield answer.request.path, answer.text
            waiting += links_in(answer.text, answer.request.path)
        answer.close()


def addresses_of(target: Target) -> Iterator[str]:
    for rule in target.app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static" and not rule.rule.startswith("/api/"):
            told = [target.places.get(name, 1) for name in sorted(rule.arguments)]
            for given in product(*(one if isinstance(one, tuple) else (one,) for one in told)):
                yield written(rule.rule, dict(zip(sorted(rule.arguments), given, strict=True)))


def written(rule: str, values: dict[str, object]) -> str:
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda part: str(values[part[1]]), rule)


def endpoint(target: Target, path: str, method: str = "GET") -> str:
    try:
        return str(target.app.url_map.bind(HOST).match(path, method=method)[0])
    except HTTPException:  # a redirect is one too
        return path


def attack(client: FlaskClient, form: Form, *, start: int) -> None:
    names = [name for name in form.fields if name != "csrf_token"]
    for place, name in enumerate(names, start):
        send(client, form, {name: CORPUS[place % len(CORPUS)]})
    for value in AT_ONCE:
        send(client, form, dict.fromkeys(names, value))


def send(client: FlaskClient, form: Form, told: dict[str, str]) -> None:
    data = {name: value.encode("utf-8", "surrogatepass") for name, value in {**form.fields, **told}.items()}
    answer = client.post(form.address, data=data)
    assert answer.status_code < 500, (form.address, sorted(told), next(iter(told.values()), "")[:60])
    if answer.mimetype == "text/html":
        assert "<script>alert(1)" not in answer.text, form.address
    location = answer.headers.get("Location", "")
    assert "evil.example" not in location.split("?")[0]
    answer.close()
