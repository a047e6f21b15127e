"""A message as the bytes of an email."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import lru_cache

from notifications.channels.email.folding import THREADING
from notifications.channels.email.message_ids import message_id, thread_root
from notifications.channels.email.settings import SmtpSettings
from notifications.channels.email.writing import Headers, written
from notifications.invitations import calendar_part
from notifications.messages import Digest, Invitation, Message, Roundup
from notifications.recipients import Mailbox
from notifications.render import Rendered, render

_NO_AUTOMATIC_ANSWERS = "OOF, AutoReply, RN, NRN"


def build_email(
    key: str, to: Mailbox, message: Message, settings: SmtpSettings, now: datetime, *, uncertain: bool = False
) -> bytes:
    """Make the whole email: headers, plain text, HTML and, for an invitation, the calendar part.

    Args:
        key: The outbox key; the Message-ID follows from it.
        to: The one recipient.
        message: What to say.
        settings: The sender and the key of the IDs.
        now: The moment for ``Date`` and ``DTSTAMP``, in UTC.
        uncertain: An earlier attempt may have arrived; the mail says so.
    """
    rendered = render(message, to.language, uncertain=uncertain)
    headers = [
        ("Subject", rendered.subject),
        *_addresses(to, settings),
        ("Date", format_datetime(now)),
        ("Message-ID", message_id(key, settings)),
        *_thread(message, settings),
        *_calm_automatic_repliers(uncertain),
    ]
    boundary = _boundary(key, settings)
    if not isinstance(message, Invitation):
        return written(headers, rendered.text, rendered.html, boundary)
    mail = _assembled(headers, rendered)
    _add_calendar(mail, message, to, settings, now)
    mail.set_boundary(boundary)
    return mail.as_bytes()


def _assembled(headers: Headers, rendered: Rendered) -> EmailMessage:
    mail = EmailMessage(policy=THREADING)
    for name, value in headers:
        mail[name] = value
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="base64")
    return mail


def _boundary(key: str, settings: SmtpSettings) -> str:
    # "=_" occurs neither in quoted-printable nor in base64 (RFC 2045 §6.7), and a retry has the same bytes.
    return "=_bevaka_" + message_id(key, settings)[1:17]


def _addresses(to: Mailbox, settings: SmtpSettings) -> Headers:
    return ("From", _sender(settings.sender_name, settings.sender_address)), ("To", to.address)


@lru_cache(maxsize=8)
def _sender(name: str, address: str) -> str:
    return str(Address(display_name=name, addr_spec=address))


def _thread(message: Message, settings: SmtpSettings) -> Headers:
    if isinstance(message, Digest):
        # Only the digest is optional; a duty cannot be unsubscribed from.
        return (("List-Unsubscribe", f"<{message.settings_link}>"),)
    if isinstance(message, Roundup):
        return ()  # of several cases: it belongs to the thread of none
    root = thread_root(message.case_ref, settings)
    return ("In-Reply-To", root), ("References", root)


def _calm_automatic_repliers(uncertain: bool) -> Headers:
    calm = (
        ("Auto-Submitted", "auto-generated"),  # RFC 3834
        # Not DR or NDR: we want to hear about bounces (MS-OXCMAIL).
        ("X-Auto-Response-Suppress", _NO_AUTOMATIC_ANSWERS),
    )
    return (*calm, ("X-Bevaka-May-Be-Duplicate", "yes")) if uncertain else calm


def _add_calendar(
    mail: EmailMessage, invitation: Invitation, to: Mailbox, settings: SmtpSettings, now: datetime
) -> None:
    part = calendar_part(invitation, to, settings.sender_address, now)
    mail.add_alternative(
        part.octets, maintype="text", subtype="calendar", cte="base64",
        params={"method": part.method, "charset": "UTF-8"},
    )  # fmt: skip
