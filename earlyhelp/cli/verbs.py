"""Every verb, its arguments and the function that runs it. Imports nothing that takes time to load."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

from earlyhelp.cli.arguments import figures, office, pathways, records, running


@dataclass(frozen=True)
class Verb:
    """`run` is `file:function`, in this folder; the function takes the arguments and returns the exit code."""

    words: str
    summary: str
    run: str
    arguments: Callable[[argparse.ArgumentParser], None]


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
    Verb("demo", "a fictional council, ready to click", "demo:demo", running.demo),
    Verb("init", "create or upgrade the database; may be run again", "setting_up:init", running.none),
    Verb("serve", "the production web server", "serving:serve", running.serve),
    Verb("worker", "the scheduler process; any number may run", "scheduling:worker", running.none),
    Verb("user create", "make an account", "users:create", office.user_create),
    Verb(
        "user password", "make a new password and print it once", "users:make_password", office.user_password
    ),
    Verb("token create", "make a bearer token and print it once", "users:create_token", office.token_create),
    Verb("sweep", "one sweep of the clocks now", "sweeping:sweep_once", running.sweep),
    Verb("pathway check", "every fault of pathway files", "pathways:check", pathways.pathway_check),
    Verb("pathway list", "the pathways that there are", "pathways:show_all", pathways.pathway_list),
    Verb("pathway show", "the file of a pathway", "pathways:show", pathways.pathway_show),
    Verb("pathway schema", "JSON Schema of a pathway file", "pathways:show_schema", running.none),
    Verb("pathway diagram", "a picture of a pathway", "diagrams:draw", pathways.pathway_diagram),
    Verb("pathway publish", "make a file the running version", "replays:publish", pathways.pathway_publish),
    Verb("pathway move", "move open cases to the running version", "replays:move", pathways.pathway_move),
    Verb("pathway replay", "the past under another file", "replays:replay", pathways.pathway_replay),
    Verb("simulate", "a realistic synthetic history", "simulating:simulate", running.simulate),
    Verb("calendar close", "close the council on a day", "closing_days:close", office.calendar_close),
    Verb("calendar open", "take a closure back", "closing_days:reopen", office.calendar_open),
    Verb(
        "calendar recalculate",
        "move open time limits to a calendar that changed",
        "closing_days:recalculate",
        office.calendar_recalculate,
    ),
    Verb(
        "directory import",
        "services in Open Referral UK; may be run again",
        "directories:import_services",
        office.directory_import,
    ),
    Verb(
        "report scorecard", "every measure, compared and judged", "reporting:scorecard_report", figures.report
    ),
    Verb("report weekly", "the key figures of a week", "reporting:weekly_report", figures.report),
    Verb(
        "report caseload",
        "who holds how much, by team and worker",
        "caseloads:report",
        figures.report_caseload,
    ),
    Verb(
        "export annex-a", "Ofsted's Annex A, lists 1 to 3", "statutory:export_annex_a", figures.export_annex_a
    ),
    Verb(
        "export ssd",
        "the Standard Safeguarding Dataset, as csv",
        "statutory:export_dataset",
        figures.export_ssd,
    ),
    Verb("export events", "every event, as csv or XES", "exports:export_events", figures.export_events),
    Verb(
        "export database",
        "every table as csv, with a dictionary",
        "exports:export_database",
        records.export_database,
    ),
    Verb(
        "backup",
        "database and attached files in one file, while people work",
        "backups:backup",
        running.backup,
    ),
    Verb("restore", "a backup, checked whole, into an empty place", "backups:restore", running.restore),
    Verb(
        "person disclose",
        "one person's data, to read and as JSON",
        "disclosing:disclose",
        records.person_disclose,
    ),
    Verb(
        "retention review",
        "closed cases that are due for deletion",
        "retention:show",
        records.retention_review,
    ),
    Verb(
        "retention apply", "delete cases that are due, for good", "retention:delete", records.retention_apply
    ),
    Verb("retention hold", "keep a case whatever the rules say", "retention:hold", records.retention_hold),
    Verb("retention release", "end the legal holds of a case", "retention:release", records.retention_hold),
    Verb("import contacts", "a list of contacts; may be run again", "importing:run", records.import_contacts),
    Verb(
        "import database",
        "an export, into an empty database",
        "exports:import_database",
        records.import_database,
    ),
    Verb("audit verify", "re-compute every hash of the history", "auditing:verify", records.audit_verify),
    Verb(
        "audit checkpoint",
        "sign where every history ends now",
        "auditing:checkpoint",
        records.audit_checkpoint,
    ),
)
