"""Every verb, its arguments and the function that runs it. Imports nothing that takes time to load."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

PORT = 5000
CONTACTS = 600
"""Of the demo: enough that every page shows something, few enough to be made in a minute."""


@dataclass(frozen=True)
class Verb:
    """`run` is `file:function`, in this folder; the function takes the arguments and returns the exit code."""

    words: str
    summary: str
    run: str
    arguments: Callable[[argparse.ArgumentParser], None]


def moment(text: str) -> datetime:
    """A moment in ISO 8601. It must say its offset: without one it could be an hour wrong all summer."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a moment like 2026-03-31T09:00+01:00") from None
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"'{text}' must say its offset, as in 2026-03-31T09:00+01:00")
    return at.astimezone(UTC)


def day(text: str) -> date:
    """A day in ISO 8601."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day like 2026-03-31") from None


def port(text: str) -> int:
    """A port number; 0 asks the system for a free one."""
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port from 0 to 65535")
    return int(text)


def old_and_new(text: str) -> tuple[str, str]:
    """`OLD=NEW`."""
    old, is_there, new = text.partition("=")
    if not (old and is_there and new):
        raise argparse.ArgumentTypeError(f"'{text}' is not OLD=NEW")
    return old, new


def count(text: str) -> int:
    """A whole number of at least 1."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number of at least 1")
    return int(text)


def none(parser: argparse.ArgumentParser) -> None:
    """For verbs without arguments."""


def demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port, default=PORT, help=f"{PORT} without it; 0 takes a free one")
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and begin anew")
    parser.add_argument(
        "--contacts", type=count, default=CONTACTS, help=f"{CONTACTS} without it; counts when data are made"
    )


def serve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=port, default=PORT, help=f"{PORT} without it; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; 127.0.0.1 without it")
    parser.add_argument("--workers", type=count, default=2, help="web processes; 2 without it")


def user_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL")
    parser.add_argument("--name", required=True, help="as colleagues know them")
    parser.add_argument(
        "--role", required=True, action="append", help="may be given again, or several with commas"
    )
    parser.add_argument("--team", help="name or key; made if there is none of that name")
    parser.add_argument(
        "--team-kind",
        default="locality",
        choices=["front_door", "locality", "social_care", "other"],
        help="of a team that is made; locality without it",
    )
    parser.add_argument("--agency", help="name or key of the employer; the council without it")
    parser.add_argument("--password-stdin", action="store_true", help="read the password from standard input")


def token_create(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("email", metavar="EMAIL", help="the account that the token acts as")
    parser.add_argument("--name", default="token", help="what it is for")
    parser.add_argument(
        "--scope",
        action="append",
        default=[],
        choices=["act", "contacts", "read"],
        help="only this: `read`, `contacts` (record them), `act` (on cases and alerts); may be given again; "
        "without it all that the account may do",
    )


def sweep(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--at", type=moment, metavar="ISO", help="as if it were that moment; now without it")
    parser.add_argument("--json", action="store_true")


def pathway_check(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--json", action="store_true")


def pathway_list(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")


def pathway_show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a pathway, its newest version, or a file")
    parser.add_argument(
        "--resolved", action="store_true", help="with all that it extends, as if it extended nothing"
    )
    parser.add_argument("--json", action="store_true")


def pathway_diagram(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="of a pathway, or a file")
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE.svg", help="standard output without it")


def pathway_publish(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, change nothing")
    parser.add_argument("--reason", metavar="WORDS", help="kept with the version")


def pathway_move(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument(
        "--case", action="append", default=[], metavar="CASE", help="only this; may be given again"
    )
    parser.add_argument(
        "--state",
        action="append",
        default=[],
        type=old_and_new,
        metavar="OLD=NEW",
        help="where cases go on whose state there is no longer; may be given again",
    )
    parser.add_argument(
        "--apply", action="store_true", help="move them; without it only show what would move"
    )
    parser.add_argument("--reason", metavar="WORDS", help="kept in the history of every case that moves")


def pathway_replay(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--with", dest="file", type=Path, required=True, metavar="FILE")
    parser.add_argument("--from", dest="start", type=day, metavar="DAY", help="a year before --to without it")
    parser.add_argument("--to", dest="end", type=day, metavar="DAY", help="today without it")
    parser.add_argument("--json", action="store_true")


def audit_verify(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", nargs="?", metavar="CASE", help="a reference; every case without it")
    parser.add_argument("--checkpoints", type=Path, metavar="FILE", help="a copy kept elsewhere")
    parser.add_argument(
        "--trust", action="append", default=[], metavar="KEY", help="public key of an earlier secret key"
    )
    parser.add_argument(
        "--knows",
        action="append",
        default=[],
        metavar="DIGEST",
        help="as it was e-mailed; must be in the file",
    )


def audit_checkpoint(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--restored",
        type=moment,
        metavar="MOMENT",
        help="the database was brought back as it stood then, like 2026-11-21T10:55:11Z",
    )


def simulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--contacts", type=count, required=True, help="how many, over the whole time")
    parser.add_argument(
        "--seed", type=int, default=1, help="the same seed gives the same history; 1 without it"
    )
    parser.add_argument("--from", dest="start", type=day, metavar="DAY", help="15 months ago without it")
    parser.add_argument("--to", dest="end", type=day, metavar="DAY", help="today without it")
    parser.add_argument(
        "--fast",
        action="store_true",
        help="live through some hundreds and copy them, row for row, into a new database: a million in minutes",
    )


def calendar_close(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("day", type=day, metavar="DATE")
    parser.add_argument("name", metavar="NAME", help="why the council is closed")


def calendar_open(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("day", type=day, metavar="DATE")


def calendar_recalculate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--apply", action="store_true", help="move them; without it only show what would move"
    )
    parser.add_argument("--reason", metavar="WORDS", help="kept in the history of every case that moves")


def directory_import(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "what", metavar="FILE|URL", help="a file, or the address of a feed's list of services"
    )
    parser.add_argument("--source", metavar="NAME", help="of the list; its address, or `file`, without it")
    parser.add_argument("--dry-run", action="store_true", help="tell what would change, change nothing")
    parser.add_argument(
        "--withdraw-many",
        action="store_true",
        help="withdraw services even if more than half of the list is gone",
    )
    parser.add_argument("--json", action="store_true")


def month(text: str) -> date:
    """The first day of a month in ISO 8601."""
    try:
        if len(text) != 7:
            raise ValueError
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a month like 2026-03") from None


def report(parser: argparse.ArgumentParser) -> None:
    when = parser.add_argument_group("period")
    when.add_argument("--month", type=month, metavar="YYYY-MM", help="the last full month without it")
    when.add_argument("--from", dest="first", type=day, metavar="DATE", help="with --to: any days")
    when.add_argument("--to", dest="last", type=day, metavar="DATE")
    parser.add_argument("--team", metavar="T", help="name or key; the whole service without it")
    parser.add_argument("--agency", metavar="A", help="name or key of the lead professional's agency")
    parser.add_argument("--locality", metavar="L", help="of the team")
    parser.add_argument("--source", metavar="CODE", help="national code of who told us, like 2A")
    parser.add_argument(
        "--as-known-on",
        dest="as_known_on",
        type=day,
        metavar="DATE",
        help="count only what had been recorded by the end of that day",
    )
    parser.add_argument(
        "--format", dest="file_format", default="csv", choices=["json", "csv", "ods", "xlsx", "pdf", "html"]
    )
    parser.add_argument("--published", action="store_true", help="keep back counts under 5")
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="standard output without it")


def report_caseload(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--month", type=month, metavar="YYYY-MM", help="as known at the end of it")
    parser.add_argument("--to", dest="last", type=day, metavar="DATE", help="as known at the end of that day")
    parser.add_argument("--as-known-on", type=day, metavar="DATE", help="the same")
    parser.add_argument("--team", metavar="T", help="name or key; every team without it")
    parser.add_argument(
        "--format", dest="file_format", default="csv", choices=["json", "csv", "ods", "xlsx", "pdf", "html"]
    )
    parser.add_argument("-o", dest="output", type=Path, metavar="FILE", help="standard output without it")


def export_events(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", dest="file_format", default="csv", choices=["csv", "xes"])
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="FILE")


def export_annex_a(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", type=day, required=True, metavar="DATE", help="the six months up to this day")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="FILE.xlsx")
    parser.add_argument("--gaps", type=Path, metavar="FILE.csv", help="what is missing, row by row")
    parser.add_argument("--strict", action="store_true", help="write no workbook while anything is missing")


def export_ssd(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="DIR", help="new or empty")


def export_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="DIR", help="new or empty")


def import_database(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR", help="what `export database` wrote")


def backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-o",
        dest="output",
        type=Path,
        required=True,
        metavar="FILE_OR_DIR",
        help="in a folder, named by the moment",
    )


def restore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="what `backup` wrote; the installation must be empty"
    )


def import_contacts(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="csv, xlsx or ods")
    parser.add_argument("--dry-run", action="store_true", help="tell what would happen, change nothing")
    parser.add_argument("--map", type=Path, metavar="FILE", help="what the columns hold; remembered")
    parser.add_argument(
        "--historical", action="store_true", help="old cases, with what was decided and done and when"
    )
    parser.add_argument("--json", action="store_true")


def retention_review(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true")


def retention_apply(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", required=True, metavar="EMAIL", help="the administrator who answers for it")
    parser.add_argument(
        "--case", action="append", default=[], metavar="REF", help="all that are due without it"
    )
    parser.add_argument("--yes", action="store_true", help="delete; nothing happens without it")


def retention_hold(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("case", metavar="REF")
    parser.add_argument("--by", required=True, metavar="EMAIL", help="an administrator")
    parser.add_argument("--reason", required=True)


def person_disclose(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "person", metavar="REF", help="the person's number, or the reference of a case of one child"
    )
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="DIR", help="new or empty")
    parser.add_argument("--by", metavar="EMAIL", help="the administrator or auditor who answers the request")
    parser.add_argument(
        "--reason", default="Subject access request", help="kept with the list of disclosures"
    )


GROUPS = {
    "person": "what is held about one person",
    "retention": "ending records that need be kept no longer",
    "export": "what is recorded, as files for others",
    "import": "files of others, whole or not at all",
    "user": "people who sign in",
    "token": "bearer tokens for partners' systems and scripts",
    "pathway": "pathway files",
    "calendar": "days on which the council is closed",
    "report": "figures: the scorecard, the week",
    "directory": "services that families are signposted to",
    "audit": "proof that history was not changed",
}

VERBS = (
    Verb("demo", "a fictional council, ready to click", "demo:demo", demo),
    Verb("init", "create or upgrade the database; may be run again", "setting_up:init", none),
    Verb("serve", "the production web server", "serving:serve", serve),
    Verb("worker", "the scheduler process; any number may run", "scheduling:worker", none),
    Verb("user create", "make an account", "users:create", user_create),
    Verb("token create", "make a bearer token and print it once", "users:create_token", token_create),
    Verb("sweep", "one sweep of the clocks now", "sweeping:sweep_once", sweep),
    Verb("pathway check", "every fault of pathway files", "pathways:check", pathway_check),
    Verb("pathway list", "the pathways that there are", "pathways:show_all", pathway_list),
    Verb("pathway show", "the file of a pathway", "pathways:show", pathway_show),
    Verb("pathway schema", "JSON Schema of a pathway file", "pathways:show_schema", none),
    Verb("pathway diagram", "a picture of a pathway", "diagrams:draw", pathway_diagram),
    Verb("pathway publish", "make a file the running version", "replays:publish", pathway_publish),
    Verb("pathway move", "move open cases to the running version", "replays:move", pathway_move),
    Verb("pathway replay", "the past under another file", "replays:replay", pathway_replay),
    Verb("simulate", "a realistic synthetic history", "simulating:simulate", simulate),
    Verb("calendar close", "close the council on a day", "closing_days:close", calendar_close),
    Verb("calendar open", "take a closure back", "closing_days:reopen", calendar_open),
    Verb(
        "calendar recalculate",
        "move open time limits to a calendar that changed",
        "closing_days:recalculate",
        calendar_recalculate,
    ),
    Verb(
        "directory import",
        "services in Open Referral UK; may be run again",
        "directories:import_services",
        directory_import,
    ),
    Verb("report scorecard", "every measure, compared and judged", "reporting:scorecard_report", report),
    Verb("report weekly", "the key figures of a week", "reporting:weekly_report", report),
    Verb("report caseload", "who holds how much, by team and worker", "caseloads:report", report_caseload),
    Verb("export annex-a", "Ofsted's Annex A, lists 1 to 3", "statutory:export_annex_a", export_annex_a),
    Verb("export ssd", "the Standard Safeguarding Dataset, as csv", "statutory:export_dataset", export_ssd),
    Verb("export events", "every event, as csv or XES", "exports:export_events", export_events),
    Verb(
        "export database", "every table as csv, with a dictionary", "exports:export_database", export_database
    ),
    Verb("backup", "database and attached files in one file, while people work", "backups:backup", backup),
    Verb("restore", "a backup, checked whole, into an empty place", "backups:restore", restore),
    Verb("person disclose", "one person's data, to read and as JSON", "disclosing:disclose", person_disclose),
    Verb("retention review", "closed cases that are due for deletion", "retention:show", retention_review),
    Verb("retention apply", "delete cases that are due, for good", "retention:delete", retention_apply),
    Verb("retention hold", "keep a case whatever the rules say", "retention:hold", retention_hold),
    Verb("retention release", "end the legal holds of a case", "retention:release", retention_hold),
    Verb("import contacts", "a list of contacts; may be run again", "importing:run", import_contacts),
    Verb("import database", "an export, into an empty database", "exports:import_database", import_database),
    Verb("audit verify", "re-compute every hash of the history", "auditing:verify", audit_verify),
    Verb("audit checkpoint", "sign where every history ends now", "auditing:checkpoint", audit_checkpoint),
)
