"""Email over SMTP."""

from notifications.channels.email.message_ids import message_id
from notifications.channels.email.settings import SmtpSettings, SmtpSettingsError
from notifications.channels.email.transport import EmailChannel, EmailSession

__all__ = ["EmailChannel", "EmailSession", "SmtpSettings", "SmtpSettingsError", "message_id"]
