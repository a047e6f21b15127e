"""Do the ways out lead anywhere? Connects, proves the other side's certificate, and hangs up without sending."""

import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, select

from access.sealing import SecretUnreadableError
from engine.findings import Finding, error, fine, warning
from engine.parts import Engine
from notifications.channels import sockets
from notifications.channels.email.conversation import Conversation
from notifications.channels.sockets import Allowance, AuthorityFileError
from notifications.channels.teams import TeamsSettings, WebhookUrlError, check_webhook_url
from notifications.channels.teams.addresses import is_loopback, is_public
from notifications.channels.teams.urls import is_trusted
from notifications.outcomes import DeliveryFailed
from storage.tables import team_channel, unit
from workflows.model import Text

SECONDS, IN_ALL = 5.0, 15.0
SET_UP = Text("sätt BEVAKA_SMTP_HOST (docs/operator.md)", "set BEVAKA_SMTP_HOST (docs/operator.md)")
AGAIN = Text("anslut kanalen på nytt: `bevaka channels set`", "connect the channel anew: `bevaka channels set`")
MENDS = {
    "connect": Text(
        "kontrollera BEVAKA_SMTP_HOST, BEVAKA_SMTP_PORT och brandväggen",
        "check BEVAKA_SMTP_HOST, BEVAKA_SMTP_PORT and the firewall",
    ),
    "smtp_tls_missing": Text(
        "servern erbjuder ingen kryptering: BEVAKA_SMTP_SECURITY=tls, eller en annan server",
        "the server offers no encryption: BEVAKA_SMTP_SECURITY=tls, or another server",
    ),
    "smtp_tls_untrusted": Text(
        "servern visar ett certifikat som ingen känd utfärdare står för: BEVAKA_SMTP_CAFILE",
        "the server's certificate comes from no known authority: BEVAKA_SMTP_CAFILE",
    ),
    "smtp_auth": Text("kontrollera användare och lösenord", "check user and password"),
}
OTHERWISE = Text("fråga den som sköter e-postservern", "ask whoever runs the mail server")


def check_mail(engine: Engine) -> Finding:
    """Connect to the mail server, secure the connection, log in, and say goodbye."""
    if engine.email is None:
        said = Text(
            "ingen e-postserver är angiven: alla meddelanden väntar", "no mail server is set: every message waits"
        )
        return error("smtp", said, SET_UP)
    settings = engine.email.settings
    try:
        context = sockets.verifying_context(settings.cafile)
        Conversation(settings, context, Allowance(SECONDS, IN_ALL)).take_leave()
    except DeliveryFailed as failure:
        said = Text(f"e-postservern duger inte: {failure.code}", f"the mail server will not do: {failure.code}")
        return error("smtp", said, MENDS.get(failure.code, OTHERWISE))
    except AuthorityFileError:
        said = Text("filen med betrodda utfärdare går inte att läsa", "the file of trusted authorities cannot be read")
        return error("smtp", said, Text("kontrollera BEVAKA_SMTP_CAFILE", "check BEVAKA_SMTP_CAFILE"))
    secured = {"none": "utan kryptering, samma dator", "tls": "TLS", "starttls": "STARTTLS"}[settings.security]
    return fine("smtp", f"e-postservern svarar ({secured})", f"the mail server answers ({settings.security})")


def check_teams(engine: Engine, connection: Connection, settings: TeamsSettings) -> list[Finding]:
    """Look at every Teams connection; none is fine too."""
    query = select(team_channel, unit.c.code).join(unit, unit.c.id == team_channel.c.unit_id).order_by(unit.c.code)
    rows = connection.execute(query).all()
    if not rows:
        return [fine("teams", "ingen mottagning har en Teams-kanal", "no unit has a Teams connection")]
    return [finding for row in rows for finding in _connection(engine, row, settings)]


def _connection(engine: Engine, row: Row[object], settings: TeamsSettings) -> Iterator[Finding]:
    name = f"{row.code} ({row.label})"
    if row.broken_at is not None:
        said = Text(f"{name}: kanalen har vägrat tre gånger i rad", f"{name}: refused three times in a row")
        yield error("teams", said, AGAIN)
        return
    try:
        url = check_webhook_url(engine.secrets.open(f"team_channel|{row.id}", row.sealed_url), settings).reveal()
        _reach(url, settings)
    except SecretUnreadableError:
        said = Text(f"{name}: adressen går inte att läsa med den här nyckeln", f"{name}: sealed under another key")
        yield error("teams", said, AGAIN)
    except WebhookUrlError as refused:
        yield error("teams", Text(f"{name}: {refused.explain('sv')}", f"{name}: {refused.explain('en')}"), AGAIN)
    except (OSError, AuthorityFileError) as failure:
        untrusted = isinstance(failure, ssl.SSLCertVerificationError)
        said = Text(
            f"{name}: {'certifikatet godtas inte' if untrusted else 'servern går inte att nå'}",
            f"{name}: {'the certificate is not trusted' if untrusted else 'the host cannot be reached'}",
        )
        mend = Text("kontrollera brandväggen och BEVAKA_WEBHOOK_CAFILE", "check the firewall and BEVAKA_WEBHOOK_CAFILE")
        yield warning("teams", said, mend)
    else:
        yield fine("teams", f"{name}: servern svarar", f"{name}: the host answers")


def _reach(url: str, settings: TeamsSettings) -> None:
    parts = urlsplit(url)
    host, allowance = parts.hostname or "", Allowance(SECONDS, IN_ALL)
    allowed = is_loopback if is_trusted(parts, settings) else is_public
    plain = sockets.connect(host, parts.port or 443, allowance, allowed)
    try:
        sockets.secure(plain, host, sockets.verifying_context(settings.cafile), allowance).close()
    finally:
        plain.close()
