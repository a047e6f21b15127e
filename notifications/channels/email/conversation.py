"""One SMTP connection: greeting, verified TLS, login, then one recipient per transaction.

Written on smtplib's reply and command level, because its `starttls` verifies nothing by default and its `sendmail`
neither tells a loss before DATA from one after, nor reports a refused recipient among accepted ones.
"""

import re
import smtplib
import ssl
import time
from collections.abc import Sequence
from typing import NamedTuple

from notifications.channels import sockets
from notifications.channels.email.failures import mapped, refused
from notifications.channels.email.settings import SmtpSettings
from notifications.channels.sockets import Allowance, BoundedSocket, BoundedTLSSocket
from notifications.outcomes import DeliveryFailed

_FRESH_SECONDS = 1.0
_LEADING_DOT = re.compile(rb"^\.", re.MULTILINE)


class _Step(NamedTuple):
    """A command before the mail itself: the answers hoped for, and whether another would meet every message."""

    hoped_for: frozenset[int]
    sender_or_server: bool

    def require(self, code: int) -> None:
        if code not in self.hoped_for:
            raise refused(code, sender_or_server=self.sender_or_server)


_STEPS = (
    _Step(frozenset({250}), sender_or_server=True),  # MAIL
    _Step(frozenset({250, 251}), sender_or_server=False),  # RCPT
    _Step(frozenset({354}), sender_or_server=False),  # DATA
)


class Conversation:
    """A connection that is ready for transactions."""

    def __init__(self, settings: SmtpSettings, context: ssl.SSLContext, allowance: Allowance) -> None:
        """Connect, secure and log in.

        Raises:
            DeliveryFailed: Any of it failed. Without TLS no login and no message leaves this computer.
        """
        self._settings = settings
        self._fresh_until = 0.0
        self._smtp = smtplib.SMTP(local_hostname=settings.message_id_domain)
        self._socket: BoundedSocket | BoundedTLSSocket = _connected(settings, allowance)
        self._smtp.sock = self._socket
        try:
            self._introduce(context, allowance)
        except BaseException:
            self.hang_up()
            raise

    def _introduce(self, context: ssl.SSLContext, allowance: Allowance) -> None:
        if self._settings.security == "tls":
            self._secure(context, allowance)
        with mapped():
            code, _text = self._smtp.getreply()
        if code != 220:
            raise refused(code, sender_or_server=True)
        self._greet()
        if self._settings.security == "starttls":
            self._start_tls(context, allowance)
            self._greet()
        self._log_in()

    def _greet(self) -> None:
        with mapped():
            code, _text = self._smtp.ehlo()
        if code != 250:
            raise refused(code, sender_or_server=True)

    def _start_tls(self, context: ssl.SSLContext, allowance: Allowance) -> None:
        if not self._smtp.has_extn("starttls"):
            raise DeliveryFailed("smtp_tls_missing", channel_broken=True)
        with mapped():
            code, _text = self._smtp.docmd("STARTTLS")
        if code != 220:
            raise DeliveryFailed("smtp_tls_missing", channel_broken=True)
        self._secure(context, allowance)

    def _secure(self, context: ssl.SSLContext, allowance: Allowance) -> None:
        with mapped():
            self._socket = sockets.secure(self._socket, self._settings.host, context, allowance)
        self._smtp.sock = self._socket
        # RFC 3207 §4.2: what was learnt in plain text is forgotten, buffered bytes included.
        self._smtp.file = None
        self._smtp.ehlo_resp = None
        self._smtp.esmtp_features = {}

    def _log_in(self) -> None:
        if self._settings.username is None or self._settings.password is None:
            return
        with mapped():
            self._smtp.login(self._settings.username, self._settings.password)

    def is_alive(self, allowance: Allowance) -> bool:
        """Start afresh with RSET; False when the connection has died, which is then certain before anything is sent.

        Right after an accepted message there is nothing to reset (RFC 5321 §4.1.1.4), and no time to die in.
        """
        self._socket.allowance = allowance
        if time.monotonic() < self._fresh_until:
            return True
        try:
            code, _text = self._smtp.rset()
        except (OSError, smtplib.SMTPException):
            return False
        return code == 250

    def offer(self, recipient: str) -> None:
        """Ask the server to take a message to one recipient; what is said next must be `deliver`, or nothing.

        Raises:
            DeliveryFailed: It will not.
        """
        self._fresh_until = 0.0
        envelope = (f"MAIL FROM:<{self._settings.sender_address}>", f"RCPT TO:<{recipient}>", "DATA")
        if self._smtp.has_extn("pipelining"):
            self._steps_at_once(envelope)
        else:
            for command, step in zip(envelope, _STEPS, strict=True):
                with mapped():
                    code, _text = self._smtp.docmd(command)
                step.require(code)

    def deliver(self, octets: bytes) -> str:
        """Hand over the message that the server waits for.

        Returns:
            The server's reply code.

        Raises:
            DeliveryFailed: With ``unknown_outcome`` when the connection was lost after the message was sent.
        """
        with mapped(after_data=True):
            self._smtp.send(_LEADING_DOT.sub(b"..", octets) + b".\r\n")
            code, _text = self._smtp.getreply()
        if not 200 <= code <= 299:
            raise refused(code)
        self._fresh_until = time.monotonic() + _FRESH_SECONDS
        return str(code)

    def _steps_at_once(self, commands: Sequence[str]) -> None:
        """Send the commands together and read every answer (RFC 2920 §3.1): one round trip in place of three."""
        with mapped():
            self._smtp.send("".join(f"{command}\r\n" for command in commands))
        refusal, code = None, 0
        for step in _STEPS:
            try:
                with mapped():
                    code, _text = self._smtp.getreply()
                step.require(code)
            except DeliveryFailed as failure:
                refusal = refusal or failure
                if not failure.code.startswith("smtp_"):
                    break  # it has gone, or makes no sense: nothing more is answered
        if refusal is None:
            return
        if code in _STEPS[-1].hoped_for:
            self.hang_up()  # it waits for a mail to nobody; what is said next must not be taken for one
        raise refusal

    def take_leave(self) -> None:
        """Say QUIT and close; the other side's answer does not matter."""
        try:
            self._smtp.docmd("QUIT")
        except (OSError, smtplib.SMTPException):
            pass
        finally:
            self.hang_up()

    def hang_up(self) -> None:
        """Close without a word."""
        self._smtp.close()
        self._socket.close()


def _connected(settings: SmtpSettings, allowance: Allowance) -> BoundedSocket:
    try:
        return sockets.connect(settings.host, settings.port, allowance)
    except OSError:
        pass
    raise DeliveryFailed("connect")
