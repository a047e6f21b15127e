"""Microsoft Teams through a workflow's webhook."""

from notifications.channels.teams.settings import TeamsSettings, TeamsSettingsError
from notifications.channels.teams.transport import TeamsChannel
from notifications.channels.teams.urls import UrlFault, WebhookUrlError, check_webhook_url

__all__ = ["TeamsChannel", "TeamsSettings", "TeamsSettingsError", "UrlFault", "WebhookUrlError", "check_webhook_url"]
