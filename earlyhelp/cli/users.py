"""`user create`, `user password` and `token create`."""

import argparse
import sys

from sqlalchemy import Connection

from earlyhelp.casework import accounts, seeding, tokens
from earlyhelp.casework.office_changes import make_new_password, write_account_made, write_token_made
from earlyhelp.casework.references import find_person, find_team
from earlyhelp.cli import opening
from earlyhelp.cli.refusing import CommandRefused
from earlyhelp.records.database import transaction


def create(arguments: argparse.Namespace) -> int:
    """Make an account; a password that was made up for it is printed once."""
    roles = [role.strip() for given in arguments.role for role in given.split(",") if role.strip()]
    given = _password_given() if arguments.password_stdin else None
    password = given or accounts.generated_password()
    settings = opening.settings()
    with opening.ready_database(settings) as engine, transaction(engine) as connection:
        team, made = _team(connection, arguments)
        accounts.create_user(
            connection,
            email=arguments.email,
            name=arguments.name,
            roles=roles,
            team=team,
            agency=arguments.agency or seeding.COUNCIL,
            password=password,
            breached=settings.breached_passwords,
            now=opening.now(),
        )
        write_account_made(
            connection, email=arguments.email, roles=roles, by="command line", now=opening.now()
        )
    if made:
        print(f"Team {arguments.team} did not exist: made, of kind {arguments.team_kind}.")
    print(f"{arguments.email.strip().lower()} can sign in as {', '.join(roles)}.")
    if given is None:
        print(f"Password, shown this once: {password}")
    return 0


def make_password(arguments: argparse.Namespace) -> int:
    """Make a new password for somebody who forgot theirs. It alone goes to standard output."""
    with opening.ready_database(opening.settings()) as engine, transaction(engine) as connection:
        user = find_person(connection, arguments.email)
        if user is None:
            raise CommandRefused(f"there is no account for {arguments.email}")
        told = make_new_password(connection, user_id=user.id, by="command line", now=opening.now())
    print(told)
    return 0


def create_token(arguments: argparse.Namespace) -> int:
    """Make a bearer token. It alone goes to standard output, so that a script can keep it."""
    with opening.ready_database(opening.settings()) as engine, transaction(engine) as connection:
        user = find_person(connection, arguments.email)
        if user is None:
            raise CommandRefused(f"there is no account for {arguments.email}")
        token = tokens.create_token(
            connection, user_id=user.id, name=arguments.name, scopes=arguments.scope, now=opening.now()
        )
        write_token_made(
            connection, email=user.email, name=arguments.name, by="command line", now=opening.now()
        )
    print(token)
    return 0


def _password_given() -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise CommandRefused("no password came on standard input")
    return line


def _team(connection: Connection, arguments: argparse.Namespace) -> tuple[str | None, bool]:
    """The key of the team asked for, and whether it had to be made."""
    if arguments.team is None:
        return None, False
    found = find_team(connection, arguments.team)
    if found is not None:
        return str(found.key), False
    return accounts.add_team(connection, name=arguments.team, kind=arguments.team_kind), True
