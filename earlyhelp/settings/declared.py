"""Every setting: its name, what it must look like, what it means, and what holds without it."""

from collections.abc import Callable
from typing import Any, NamedTuple

import earlyhelp.settings.checks as checks


class Declared(NamedTuple):
    name: str
    check: Callable[[str], Any]
    meaning: str
    default: str | None = None


EVERY_ONE = (
    Declared(
        "EARLYHELP_DATABASE_URL",
        checks.database,
        "where the records are: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/NAME`; "
        "without it the file `earlyhelp.db` in the instance folder",
    ),
    Declared(
        "EARLYHELP_REPORTING_DATABASE_URL",
        checks.database,
        "a read-only copy for reports, written in the same way; without it the database itself",
    ),
    Declared(
        "EARLYHELP_MIGRATION_DATABASE_URL",
        checks.database,
        "PostgreSQL only: the same database by the role that owns its tables. `init` and `retention apply` use it; "
        "every other process may then neither change nor delete history. Without it one role does everything",
    ),
    Declared(
        "EARLYHELP_CHECKPOINT_FILE",
        checks.file_to_be,
        "file to which the worker adds a signed checkpoint of every history each day; without it `checkpoints.jsonl` "
        "in the instance folder",
    ),
    Declared(
        "EARLYHELP_CHECKPOINT_MAIL",
        checks.mail_address,
        "who is sent the digest of each checkpoint, to be kept where nobody who can write to the database can write; "
        "nobody without it",
    ),
    Declared(
        "EARLYHELP_SECRET_KEY",
        checks.secret,
        "signs sessions and forms, seals secrets that are kept: "
        f"at least {checks.LEAST_SECRET} characters that nobody can guess, the same for every process, `worker` too; "
        "required by `serve`, while `demo` makes its own",
    ),
    Declared(
        "EARLYHELP_INSTANCE_PATH",
        checks.folder,
        "folder for the files of this installation, made if it is not there; without it `instance` in the folder "
        "where the command runs",
        default="instance",
    ),
    Declared(
        "EARLYHELP_BASE_URL",
        checks.web_address,
        "address that people use, for links in messages, such as `https://earlyhelp.example.gov.uk`; "
        "without it `http://127.0.0.1:5000`",
    ),
    Declared(
        "EARLYHELP_SERVICE_NAME", str, "name at the top of each page and in messages; without it `Early help`"
    ),
    Declared(
        "EARLYHELP_SECURE_COOKIES",
        checks.yes_no,
        "`yes` (without it too) or `no`: whether cookies travel over https only",
    ),
    Declared(
        "EARLYHELP_SECOND_FACTOR_ROLES",
        checks.roles,
        "roles, between commas, whose people must give a code of an app after their password, such as "
        "`administrator,manager`; none without it",
    ),
    Declared(
        "EARLYHELP_BREACHED_PASSWORDS",
        checks.existing_file,
        "file of breached passwords in the format of Pwned Passwords (SHA-1 in upper case, ordered, one a line); "
        "without it the commonest passwords are refused",
    ),
    Declared(
        "EARLYHELP_OIDC_ISSUER",
        checks.web_address,
        "the council's identity provider, as its own document names it, such as "
        "`https://login.microsoftonline.com/TENANT/v2.0`; without it people sign in with passwords "
        "of this service",
    ),
    Declared(
        "EARLYHELP_OIDC_CLIENT_ID",
        str,
        "the name under which the identity provider knows this service",
    ),
    Declared(
        "EARLYHELP_OIDC_CLIENT_SECRET",
        str,
        "the secret that the identity provider gave for it",
    ),
    Declared(
        "EARLYHELP_OIDC_GROUPS",
        checks.roles_by_group,
        'which group of the identity provider has which role, as JSON: `{"GROUP": "screener"}`; the '
        "role is taken away when the group is",
    ),
    Declared(
        "EARLYHELP_OIDC_TRUST_EMAIL",
        checks.yes_no,
        "`yes` or `no` (without it too): whether every address that the identity provider names "
        "counts as verified; Entra ID does not say so itself",
    ),
    Declared(
        "EARLYHELP_LOCAL_SIGN_IN",
        checks.yes_no,
        "`yes` (without it too) or `no`: whether people may sign in with a password of this service; "
        "administrators always may, for the day on which the identity provider is away",
    ),
    Declared(
        "EARLYHELP_ALLOWED_HOSTS",
        checks.hosts,
        "names, between commas, under which the service answers; a name that begins with a dot stands for all "
        "below it; without it the service answers under any name",
    ),
    Declared(
        "EARLYHELP_TRUSTED_PROXIES",
        checks.count_from(0),
        "how many proxies in front of the service set `X-Forwarded-For`; 0 without it",
    ),
    Declared(
        "EARLYHELP_WORKFLOWS_PATH",
        checks.existing_folder,
        "folder of the council's own pathway files, read beside the shipped ones",
    ),
    Declared(
        "EARLYHELP_MESSAGES",
        checks.one_of("none", "smtp", "notify"),
        "how messages go out: `none` (without it too), `smtp` or `notify`",
    ),
    Declared(
        "EARLYHELP_SMTP_URL",
        checks.smtp_address,
        "mail server: `smtp://USER:PASSWORD@HOST:PORT`, or `smtps://` where it is encrypted from the "
        "first byte",
    ),
    Declared(
        "EARLYHELP_MAIL_FROM",
        checks.mail_address,
        "sender of messages by SMTP; without it `earlyhelp@localhost`",
    ),
    Declared("EARLYHELP_NOTIFY_API_KEY", str, "key of GOV.UK Notify"),
    Declared(
        "EARLYHELP_NOTIFY_TEMPLATE_ID",
        str,
        "e-mail template in GOV.UK Notify, with the fields `subject` and `body`",
    ),
    Declared(
        "EARLYHELP_NOTIFY_BASE_URL",
        checks.web_address,
        "address of GOV.UK Notify, to be changed only for tests",
    ),
    Declared(
        "EARLYHELP_FILES_PATH",
        checks.folder,
        "folder for files attached to notes, to be backed up with the database; without it `files` in the instance "
        "folder",
    ),
    Declared(
        "EARLYHELP_LARGEST_FILE_MB",
        checks.count_from(1),
        "largest file that may be attached, in megabytes; 10 without it",
    ),
    Declared(
        "EARLYHELP_CLAMD_URL",
        checks.scanner_address,
        "virus scanner clamd: `tcp://HOST:PORT` or `unix:///PATH`; files wait unopened until it finds them clean. "
        "Without it files are not scanned, and the page says so",
    ),
    Declared(
        "EARLYHELP_CLAIM_MINUTES",
        checks.count_from(1),
        "how long a contact that a screener has taken stays theirs if they do nothing with it; 30 without it",
    ),
    Declared(
        "EARLYHELP_DIRECTORY_FEED",
        checks.feed_address,
        "address of an Open Referral UK feed that the worker imports every night, such as "
        "`https://services.example.gov.uk/services`; without it services are imported by hand",
    ),
    Declared(
        "EARLYHELP_DIRECTORY_PRIVATE",
        checks.yes_no,
        "`yes` or `no` (without it too): whether a feed of services may lie within the council's own network",
    ),
    Declared(
        "EARLYHELP_REQUESTS_PER_HOUR",
        checks.count_from(1),
        "how many public requests for support one network may send in an hour; 30 without it",
    ),
    Declared(
        "EARLYHELP_API_RATE",
        checks.count_from(1),
        "requests that one token may send in a minute, counted in each web process; 600 without it",
    ),
    Declared(
        "EARLYHELP_WEBHOOKS_PRIVATE",
        checks.yes_no,
        "`yes` or `no` (without it too): whether webhooks may go to addresses within our own "
        "network, and unencrypted",
    ),
    Declared(
        "EARLYHELP_SWEEP_SECONDS",
        checks.count_from(1),
        "seconds between two sweeps of the clocks; 60 without it",
    ),
    Declared(
        "EARLYHELP_POOL_SIZE",
        checks.count_from(1),
        "PostgreSQL connections kept by each process; 5 without it",
    ),
    Declared(
        "EARLYHELP_SQLITE_SYNCHRONOUS",
        checks.one_of("FULL", "NORMAL", "OFF"),
        "SQLite only: `FULL` (without it too) loses nothing when the power fails; `NORMAL` and `OFF` are faster and "
        "may lose the last changes",
        default="FULL",
    ),
)
