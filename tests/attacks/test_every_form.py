"""Whatever is typed into whichever field of whichever form: never an error of ours, and shown as text, never run."""

from collections import deque
from collections.abc import Iterator

from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from earlyhelp.casework.audit import verify_all
from earlyhelp.records.database import reading
from tests.attacks.conftest import HOST, Target
from tests.attacks.reading import Form, forms_in, links_in, path_of

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
PAGES_EACH = 120


def test_every_field_of_every_form_with_anything(target: Target) -> None:
    tried: set[tuple[str, frozenset[str]]] = set()
    visited: list[tuple[FlaskClient, str]] = []
    for who in PEOPLE:
        client = target.signed_in(who)
        for address, page in pages_of(target, client):
            visited.append((client, address))
            for form in forms_in(page, address):
                known = (endpoint(target, path_of(form.address)), frozenset(form.fields))
                if known[0] in LEFT_ALONE or known in tried:
                    continue
                tried.add(known)
                attack(client, form, start=len(tried))
    assert len({name for name, _ in tried}) > 40, "the walk has lost its way"
    for client, address in visited:
        answer = client.get(address)
        assert answer.status_code < 500, address
        assert "<script>alert(1)" not in answer.text, address
    with reading(target.engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM cases")).scalar_one() >= 2
        assert [broken for _, broken in verify_all(connection) if broken] == []


def pages_of(target: Target, client: FlaskClient) -> Iterator[tuple[str, str]]:
    """One page of each kind that a person can reach by links, from their start and from the cases there are."""
    starts = [
        f"/cases/{target.reference}",
        f"/cases/{target.desk.reference}",
        f"/people/{target.desk.public_id}",
    ]
    waiting, seen = deque(["/", "/account/security", "/request-support", "/administration", *starts]), set()
    while waiting and len(seen) < PAGES_EACH:
        address = waiting.popleft()
        kind = endpoint(target, path_of(address))
        if kind in seen or kind in LEFT_ALONE:
            continue
        answer = client.get(address, follow_redirects=True)
        seen.add(kind)
        if answer.status_code == 200 and answer.mimetype == "text/html":
            yield answer.request.path, answer.text
            waiting += links_in(answer.text, answer.request.path)


def endpoint(target: Target, path: str) -> str:
    for method in ("GET", "POST"):
        try:
            return str(target.app.url_map.bind(HOST).match(path, method=method)[0])
        except RequestRedirect:
            return path
        except HTTPException:
            continue
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
