"""E-mail by GOV.UK Notify: at most once for each letter.

The letter's key is Notify's *reference*. An attempt whose answer was lost may have got through, so that before any
further attempt Notify is asked what it knows by that reference.
"""

from dataclasses import dataclass
from typing import Any

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from earlyhelp.outbound.channel import Letter, NotTaken, Undeliverable

FAILED = frozenset({"permanent-failure", "temporary-failure", "technical-failure", "validation-failed"})
"""What Notify calls a message that reached nobody."""
TIMEOUT = 15


@dataclass(frozen=True)
class NotifyChannel:
    """Sends with one template, which has the fields `subject` and `body`."""

    client: Any
    """The official client, which carries no types."""
    template_id: str

    @classmethod
    def with_key(
        cls, api_key: str, template_id: str, base_url: str, timeout: float = TIMEOUT
    ) -> "NotifyChannel":
        make: Any = NotificationsAPIClient
        return cls(make(api_key, base_url=base_url, timeout=timeout), template_id)

    def send(self, letter: Letter) -> None:
        if letter.tried_before and self._has(letter.key):
            return
        try:
            self.client.send_email_notification(
                email_address=letter.to,
                template_id=self.template_id,
                personalisation={"subject": " ".join(letter.subject.split()), "body": letter.body},
                reference=letter.key,
            )
        except APIError as fault:
            if fault.status_code == 400:
                raise Undeliverable(_words(fault)) from fault
            raise NotTaken(_words(fault)) from fault

    def _has(self, key: str) -> bool:
        """Whether Notify took a letter of this key and has not failed with it."""
        try:
            answer: Any = self.client.get_all_notifications(reference=key, template_type="email")
        except APIError as fault:
            raise NotTaken(f"could not ask whether it was sent: {_words(fault)}") from fault
        return any(
            found.get("reference") == key and found.get("status") not in FAILED
            for found in answer.get("notifications", [])
        )


def _words(fault: APIError) -> str:
    return f"{fault.status_code}: {fault.message}"
