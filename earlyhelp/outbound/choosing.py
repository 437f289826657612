"""The channel that the settings choose."""

from earlyhelp.outbound.channel import Channel
from earlyhelp.outbound.notify import NotifyChannel
from earlyhelp.outbound.smtp import SmtpChannel
from earlyhelp.settings import Settings, SettingsError


def channel_for(settings: Settings) -> Channel | None:
    """The channel of an installation; None when messages only wait in the outbox. SettingsError when it cannot be."""
    if settings.messages == "smtp":
        return SmtpChannel.from_url(settings.smtp_url or "", settings.mail_from)
    if settings.messages == "notify":
        return _notify(settings)
    return None


def _notify(settings: Settings) -> NotifyChannel:
    key, template = settings.notify_api_key or "", settings.notify_template_id or ""
    if len(key) < 73:
        raise SettingsError("EARLYHELP_NOTIFY_API_KEY: is too short to be a key of GOV.UK Notify")
    return NotifyChannel.with_key(key, template, settings.notify_base_url)
