"""A message as the bytes of an email."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from notifications.channels.email.folding import THREADING
from notifications.channels.email.message_ids import message_id, thread_root
from notifications.channels.email.settings import SmtpSettings
from notifications.invitations import calendar_part
from notifications.messages import Digest, Invitation, Message, Roundup
from notifications.recipients import Mailbox
from notifications.render import render

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
    mail = EmailMessage(policy=THREADING)
    rendered = render(message, to.language, uncertain=uncertain)
    mail["Subject"] = rendered.subject
    _address(mail, to, settings)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id(key, settings)
    _thread(mail, message, settings)
    _calm_automatic_repliers(mail, uncertain)
    mail.set_content(rendered.text, cte="quoted-printable")
    mail.add_alternative(rendered.html, subtype="html", cte="base64")
    if isinstance(message, Invitation):
        _add_calendar(mail, message, to, settings, now)
    mail.set_boundary(_boundary(key, settings))
    return mail.as_bytes()


def _boundary(key: str, settings: SmtpSettings) -> str:
    # "=_" occurs neither in quoted-printable nor in base64 (RFC 2045 §6.7), and a retry has the same bytes.
    return "=_bevaka_" + message_id(key, settings)[1:17]


def _address(mail: EmailMessage, to: Mailbox, settings: SmtpSettings) -> None:
    mail["From"] = Address(display_name=settings.sender_name, addr_spec=settings.sender_address)
    mail["To"] = Address(addr_spec=to.address)


def _thread(mail: EmailMessage, message: Message, settings: SmtpSettings) -> None:
    if isinstance(message, Digest):
        # Only the digest is optional; a duty cannot be unsubscribed from.
        mail["List-Unsubscribe"] = f"<{message.settings_link}>"
        return
    if isinstance(message, Roundup):
        return  # of several cases: it belongs to the thread of none
    root = thread_root(message.case_ref, settings)
    mail["In-Reply-To"] = root
    mail["References"] = root


def _calm_automatic_repliers(mail: EmailMessage, uncertain: bool) -> None:
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834
    # Not DR or NDR: we want to hear about bounces (MS-OXCMAIL).
    mail["X-Auto-Response-Suppress"] = _NO_AUTOMATIC_ANSWERS
    if uncertain:
        mail["X-Bevaka-May-Be-Duplicate"] = "yes"


def _add_calendar(
    mail: EmailMessage, invitation: Invitation, to: Mailbox, settings: SmtpSettings, now: datetime
) -> None:
    part = calendar_part(invitation, to, settings.sender_address, now)
    mail.add_alternative(
        part.octets, maintype="text", subtype="calendar", cte="base64",
        params={"method": part.method, "charset": "UTF-8"},
    )  # fmt: skip
