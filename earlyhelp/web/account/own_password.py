"""Asking the signed-in person for their password again, before a change to how they sign in."""

from earlyhelp.casework.sign_in import attempt
from earlyhelp.records.database import transaction
from earlyhelp.web.access import person
from earlyhelp.web.account.known_browser import counted_as
from earlyhelp.web.services import services

TOO_MANY = "Too many attempts. Wait 15 minutes, then try again, or ask your administrator"


def wrong_password(given: str) -> tuple[str, ...]:
    """What to say of the password given, nothing when it is right; counted like an attempt to sign in."""
    email, now = person().email, services().now()
    with transaction(services().engine) as connection:
        tried = attempt(connection, email=email, password=given, network=counted_as(email), now=now)
    if tried.try_again_at is not None:
        return (TOO_MANY,)
    return () if tried.person is not None else ("This is not your password",)
