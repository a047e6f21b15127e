"""Webhooks: word of a case's events to other systems, signed as Standard Webhooks say (standardwebhooks.com)."""

from notifications.channels.webhooks.addresses import HookFault, HookUrlError, check_hook_url, label_of
from notifications.channels.webhooks.settings import HookSettings
from notifications.channels.webhooks.signing import new_secret, signed_headers
from notifications.channels.webhooks.transport import HookChannel

__all__ = [
    "HookChannel",
    "HookFault",
    "HookSettings",
    "HookUrlError",
    "check_hook_url",
    "label_of",
    "new_secret",
    "signed_headers",
]
