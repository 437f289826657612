"""docs/permissions.md, made from the table, the scopes and every address: `python -m tests.support.permission_page`."""

from pathlib import Path

from flask import Flask

from earlyhelp.app import create_app
from earlyhelp.pathway.vocabulary import PEOPLE_ROLES
from earlyhelp.permissions import MATRIX, SCOPES
from earlyhelp.records.database import connect
from earlyhelp.settings import Settings
from earlyhelp.web.access import PUBLIC, SIGNED_IN

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"
TOKEN = "token: "
"""What begins the permission of an address of the API: then comes the scope that a token needs."""
QUIET = {"HEAD", "OPTIONS"}
OPENING = """# Who may do what

*Made from `earlyhelp/permissions.py` and from every address by `python -m tests.support.permission_page`. The build
fails when this page and the program differ.*

What is not allowed here is refused. Three questions are asked, in this order:

1. **May the role open this address?** The last table. If not, the answer is 403, whatever record the address names.
2. **Is the record theirs?** The second table. If not, the answer is 404, the same as for a record that does not exist:
   on pages, in the API, in files, calendars, searches, counts and in the words of errors.
3. **May they do this on the record?** The pathway says which role takes which action
   ([pathway-format.md](pathway-format.md)); notes, plans, meetings and access belong to those who lead or manage it.

Who has several roles may do what any of them may.

A **restricted** case is seen by its lead professional, the managers of its team and the people named on its page about
access, and by nobody else, whatever the tables say. Whoever has `case.break_glass` opens one by its reference for 1, 4
or 24 hours: to read, with a reason, and those whose case it is are told at once. A screener who opens what is with
another team is asked why first; the answer holds for 12 hours.

**Who opened what** is listed at `/audit/reads`, for auditors and administrators: by reader, record and day, as a file
too. The database refuses to change or delete that list; only a retention run removes what belongs to the cases that it
deletes. `/audit/reads/unusual` shows who opened somebody of their own family name, somebody at their own postcode (as
far as auditors wrote down where staff live) and very many records in a day. The API asks for no reason; it is logged.
"""


def pages_and_their_permissions(app: Flask) -> list[tuple[str, str, str]]:
    """Every address, one method, and what it asks for."""
    rows = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        permission = PUBLIC if rule.endpoint == "static" else str(getattr(view, "permission", "nobody"))
        if rule.endpoint.startswith("api."):
            permission = TOKEN + str(getattr(view, "scope", "nobody"))
        rows += [(rule.rule, method, permission) for method in sorted((rule.methods or set()) - QUIET)]
    return sorted(rows)


def written(app: Flask) -> str:
    roles = list(PEOPLE_ROLES)
    table = [
        [f"`{name}`", *("yes" if role in MATRIX[name] else "" for role in roles)] for name in sorted(MATRIX)
    ]
    scopes = [[f"`{role}`", SCOPES.get(role, "none")] for role in roles]
    addresses = [
        [f"`{address}`", method, f"`{permission}`"]
        for address, method, permission in pages_and_their_permissions(app)
    ]
    return "\n".join(
        [
            OPENING,
            "## Role by action\n",
            *_rows(["", *(f"`{role}`" for role in roles)], table),
            "\n## Role by scope\n",
            "How far each role sees cases that are not restricted. `own`: those they lead. `team`: those of their team"
            " and of no team past the front door;\na front door's manager also what is at it, social care's also step"
            " ups, and whoever manages no single team manages all. `agency`: what their\nagency's own account sent,"
            " until the family withdraws its agreement."
            " Beside it, anybody sees for a stated time what they were given access to.\n",
            *_rows(["Role", "Scope"], scopes),
            "\n## Every address\n",
            f"`{PUBLIC}` asks for nothing, `{SIGNED_IN}` for an account of any role. `{TOKEN}…` asks for a bearer token"
            " of that scope; its account's\nroles then count as anywhere else.\n",
            *_rows(["Address", "Method", "Asks for"], addresses),
            "",
        ]
    )


def _rows(head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


if __name__ == "__main__":
    nowhere = Settings(database_url="sqlite://", instance_path=Path())
    PAGE.write_text(written(create_app(nowhere, connect("sqlite://"))))
