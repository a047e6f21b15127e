"""The one place where an error becomes what the command line says, and the status it ends with."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from access.consents import ConsentTermsError, Lack
from access.identities import IdentityUnreadableError
from access.keyring import KeyringError
from access.personnumbers import PersonalNumberError
from access.sealing import SecretUnreadableError
from access.tokens import ScopeError
from bevaka.files import UnreadableFileError
from bevaka.language import spoken, t
from bevaka.locking import AlreadyRunningError
from bevaka.start_errors import (
    BrokerMissingError,
    DemoGoneError,
    FlowerPasswordMissingError,
    IsADemoError,
    NotADemoError,
    PortTakenError,
    SpanError,
    UnknownQueueError,
)
from bevaka.wiring import KeyringMissingError
from config.settings import SettingsError
from demo.errands import BusyError
from engine import api_tokens, breaking_glass, errors, import_problems, resending, staffing
from engine.chain_heads import HeadUnreadableError
from engine.inspecting_pages import CursorError
from intake.problems import FileProblem
from notifications.channels.email import SmtpSettingsError
from notifications.channels.sockets import AuthorityFileError
from notifications.channels.teams import TeamsSettingsError, WebhookUrlError
from notifications.channels.webhooks.settings import HookSettingsError
from notifications.recipients import RecipientError
from storage.errors import BackupError, NotEmptyError, SchemaError
from workflows.answer_texts import AnswersError
from workflows.catalogue import UnknownProgrammeError
from workflows.errors import BevakaError
from workflows.explain import UnknownDeadlineError
from workflows.model import Definition
from workflows.problems import DefinitionErrors
from workflows.refusal_words import why_not
from workflows.refusals import EventRefusedError, Refusal, Why

REFUSED, BAD_INPUT, NOT_FOUND, NOT_SET_UP, UNEXPECTED = 1, 2, 3, 4, 70

_BACKUPS = {
    "archive": ("filen är ingen hel säkerhetskopia från Bevaka", "the file is no whole backup of Bevaka's"),
    "format": ("säkerhetskopian har ett annat format", "the backup has another format"),
    "kind": ("kopian är av en annan sorts databas (SQLite, PostgreSQL)", "it is of the other kind of database"),
    "newer": ("kopian är gjord av ett nyare Bevaka", "the backup was made by a newer Bevaka"),
    "content": ("kopians innehåll stämmer inte med dess förteckning", "its content is not what its manifest says"),
}
Said = Callable[[Any], str]
_SAFE = re.compile(r"[A-Za-z0-9_.@+-]{1,80}", re.ASCII)
_NUMBER = re.compile(r"(?:\d[+ .-]?){10}", re.ASCII)
_ABSENCES = {
    "order": ("en frånvaro slutar tidigast den dag den börjar", "an absence ends on or after the day it begins"),
    "deputy": ("ingen kan vara sin egen ersättare", "nobody can be her own deputy"),
    "overlap": ("det finns redan en frånvaro under de dagarna", "there is an absence on some of these days already"),
}


def typed(text: str) -> str:
    """Return what somebody typed if it cannot be a person's, else "…": a slip of the paste may be anything."""
    return text if _SAFE.fullmatch(text) and not _NUMBER.search(text) else "…"


def words(error: BevakaError, definition: Definition | None = None) -> str:
    """Return what to tell the one at the keyboard: what was wrong and what is allowed.

    Args:
        error: what went wrong.
        definition: gives a refusal its titles, where the command knows it.
    """
    if isinstance(error, EventRefusedError) and definition is not None:
        return "\n".join(_refusal(refusal, definition) for refusal in error.refusals)
    for kind in type(error).__mro__:
        if kind in _WORDS:
            return _WORDS[kind](error)
    return str(error)


def status(error: BevakaError) -> int:
    """Return the status the process ends with (docs/operator.md lists them)."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), REFUSED)


def _refusal(refusal: Refusal, definition: Definition) -> str:
    told = why_not(refusal, definition, spoken())
    if refusal.why is not Why.UNKNOWN_EVENT:
        return told
    return f"{told} {t('De som finns', 'Known')}: {_listed(refusal.allowed)}"


def _listed(allowed: Any) -> str:
    return ", ".join(allowed) or "–"


def _fields(problems: Any) -> str:
    return "\n".join(f"{name}: {t('tillåtet', 'allowed')}: {allowed}" for name, allowed in problems)


def _missing(error: import_problems.MissingFieldsError) -> str:
    told = [f"  --set {name}={'|'.join(allowed)}" for name, allowed in error.fields.items()]
    head = t("insatsen kräver uppgifter som filen saknar:", "the programme requires what the file does not say:")
    return "\n".join([head, *told])


_LACKS = {
    Lack.NO_CONSENT: ("det finns inget samtycke åt det hållet", "there is no consent in that direction"),
    Lack.NOT_YET: ("samtycket gäller inte än", "the consent is not valid yet"),
    Lack.EXPIRED: ("samtycket har gått ut", "the consent has expired"),
    Lack.WITHDRAWN: ("samtycket är återkallat", "the consent has been withdrawn"),
    Lack.OTHER_RECIPIENT: ("samtycket gäller en annan mottagare", "the consent is to another recipient"),
    Lack.OTHER_PURPOSE: ("samtycket gäller ett annat ändamål", "the consent is for another purpose"),
    Lack.FIELD_NOT_COVERED: ("samtycket omfattar inte uppgiften", "the consent does not cover the data"),
    Lack.NOTHING_NAMED: ("ange vilka uppgifter", "name the data"),
    Lack.NOT_BY_LAW: ("bara FK:s egen begäran besvaras enligt lag", "only FK's own request is answered by law"),
    Lack.NOT_ASKED_FOR: ("FK har inte begärt uppgiften", "FK has not asked for the data"),
    Lack.PROTECTED: (
        "uppgifter om vem en person med skyddade personuppgifter är lämnas inte ut härifrån",
        "who a person with protected identity is, is not disclosed from here",
    ),
}


def _lacking(lack: Lack) -> str:
    return f"  {t(*_LACKS[lack])}"


def _definition_missing(error: errors.DefinitionMissingError) -> str:
    name = typed(error.programme)
    return t(
        f"ingen insats {name} är publicerad; publicerade: {_listed(error.allowed)}",
        f"no programme {name} is published; published: {_listed(error.allowed)}",
    )


def _problems_in_file(error: import_problems.ImportRefusedError) -> str:
    head = t(
        f"{len(error.problems)} problem i filen; inget ärende öppnades",
        f"{len(error.problems)} problems in the file; no case was opened",
    )
    place = t("rad", "row")
    return "\n".join([head, *(f"  {place} {p.row}, {p.column}: {p.text(spoken())}" for p in error.problems)])


_WORDS: Mapping[type, Said] = {
    SettingsError: lambda e: "\n".join(f"BEVAKA_{name.upper()}: {allowed}" for name, allowed in e.problems),
    KeyringMissingError: lambda e: t(
        f"nyckelfilen {e.path} saknas: gör en med `bevaka keys new` och förvara en kopia skild från säkerhetskopiorna",
        str(e),
    ),
    KeyringError: lambda e: t(
        f"nyckelfilen går inte att använda: {e.cause}", f"the key file cannot be used: {e.cause}"
    ),
    SmtpSettingsError: lambda e: t(
        f"e-postinställningen {e.setting} duger inte; tillåtet: {e.allowed}",
        f"the mail setting {e.setting} will not do; allowed: {e.allowed}",
    ),
    TeamsSettingsError: lambda e: t(
        f"Teams-inställningen {e.setting} duger inte; tillåtet: {e.allowed}",
        f"the Teams setting {e.setting} will not do; allowed: {e.allowed}",
    ),
    HookSettingsError: lambda e: t(
        f"webhook-inställningen {e.setting} duger inte; tillåtet: {e.allowed}",
        f"the webhook setting {e.setting} will not do; allowed: {e.allowed}",
    ),
    AuthorityFileError: lambda e: t(f"inga betrodda utfärdare kunde läsas ur {e.cafile}; tillåtet: en PEM-fil", str(e)),
    SchemaError: lambda e: t(
        f"databasen har schema {e.found or 'inget'}, programmet behöver {e.wanted}: kör `bevaka migrate`", str(e)
    ),
    BackupError: lambda e: t(*_BACKUPS[e.cause]),
    NotEmptyError: lambda e: t("databasen är inte tom: en säkerhetskopia läses bara in i en tom databas", str(e)),
    BrokerMissingError: lambda e: t(
        "ange BEVAKA_REDIS_URL (redis://värd:6379/0), eller använd `bevaka run`, som inte behöver någon mäklare", str(e)
    ),
    UnknownQueueError: lambda e: t(f"--queues: tillåtet, med komma emellan: {_listed(e.allowed)}", str(e)),
    FlowerPasswordMissingError: lambda e: t(
        "ange BEVAKA_FLOWER_PASSWORD_FILE (eller BEVAKA_FLOWER_PASSWORD): Flower öppnas inte utan lösenord", str(e)
    ),
    PortTakenError: lambda e: t(
        f"porten {e.port} är upptagen: stoppa det som lyssnar där, eller välj en annan med --port (0: någon ledig)",
        str(e),
    ),
    NotADemoError: lambda e: t(
        f"databasen i {e.folder} är inte en demos: ge demon en tom mapp (BEVAKA_DATA_DIR)", str(e)
    ),
    IsADemoError: lambda e: t(
        f"databasen i {e.folder} är en demos: kör den med --demo, eller ange en annan BEVAKA_DATA_DIR", str(e)
    ),
    SpanError: lambda e: t("tillåtet: ett tal och d, w, m eller y: 40d, 6m, 1y; högst tio år", str(e)),
    DemoGoneError: lambda e: t("demon har stoppats innan resan var slut; den fortsätter där vid nästa start", str(e)),
    BusyError: lambda e: t("tidsmaskinen går redan: vänta tills den är framme, eller stoppa den", str(e)),
    AlreadyRunningError: lambda e: t(f"Bevaka är redan igång i {e.folder}: stoppa det först", str(e)),
    IdentityUnreadableError: lambda e: t("personuppgiften går inte att läsa med den här nyckeln", str(e)),
    SecretUnreadableError: lambda e: t("hemligheten går inte att läsa med den här nyckeln", str(e)),
    errors.CaseNotFoundError: lambda e: t(f"det finns inget ärende {typed(e.ref)}", f"there is no case {typed(e.ref)}"),
    errors.NotAllowedError: lambda e: t(
        f"inte tillåtet; det får: {_listed(sorted(e.allowed))}",
        f"not allowed; those who may: {_listed(sorted(e.allowed))}",
    ),
    errors.CaseMovedError: lambda e: t("ärendet har ändrats under tiden; se efter och försök igen", str(e)),
    errors.DefinitionMissingError: _definition_missing,
    errors.DefinitionChangedError: lambda e: t(
        f"{e.programme} version {e.version} är publicerad med annat innehåll; ge den nya ett nytt versionsnummer",
        str(e),
    ),
    errors.UnknownStaffError: lambda e: t(
        f"ingen här har adressen {typed(e.email)}", f"nobody here has the address {typed(e.email)}"
    ),
    errors.UnknownUnitError: lambda e: t(
        f"det finns ingen mottagning {typed(e.code)}; de som finns: {_listed(e.allowed)}",
        f"there is no unit {typed(e.code)}; known: {_listed(e.allowed)}",
    ),
    errors.DisclosureRefusedError: lambda e: "\n".join(
        [t(f"{e.ref}: får inte lämnas ut:", f"{e.ref}: may not be disclosed:"), *map(_lacking, e.refused.reasons)]
        + ([f"  {_listed(e.refused.fields)}"] if e.refused.fields else [])
    ),
    errors.UnloggedReadError: lambda e: t("läsningen går inte att logga, och nekas därför", str(e)),
    errors.UnknownFieldError: lambda e: t(f"det finns ingen sådan uppgift; de som finns: {_listed(e.allowed)}", str(e)),
    ConsentTermsError: lambda e: t(f"{e.term} duger inte; tillåtet: {e.allowed}", str(e)),
    PersonalNumberError: lambda e: t("det är inget personnummer; tillåtet: ÅÅÅÅMMDD-NNNN", str(e)),
    HeadUnreadableError: lambda e: t(
        "filen har inget signerat huvud; tillåtet: en rad som `bevaka audit head` har skrivit", str(e)
    ),
    import_problems.ImportRefusedError: _problems_in_file,
    import_problems.MissingFieldsError: _missing,
    import_problems.FixedFieldError: lambda e: t(
        f"--set {typed(e.field)}: går inte för hela filen; tillåtet: {_listed(e.allowed)}",
        f"--set {typed(e.field)}: not for the whole file; allowed: {_listed(e.allowed)}",
    ),
    staffing.BadEntryError: lambda e: t(
        f"{e.field} duger inte; tillåtet: {e.allowed}", f"{e.field} will not do; allowed: {e.allowed}"
    ),
    breaking_glass.OpeningNotFoundError: lambda _: t(
        "ingen sådan öppning väntar på din granskning", "no such opening waits for your review"
    ),
    resending.MessageNotFoundError: lambda _: t("det finns inget sådant meddelande", "there is no such message"),
    resending.ResendRefusedError: lambda e: t(
        f"meddelandet skickas inte: {e.cause}; andra vägar: {_listed(e.allowed)}",
        f"the message is not sent: {e.cause}; other ways: {_listed(e.allowed)}",
    ),
    staffing.AlreadyThereError: lambda e: t(f"{typed(e.name)} finns redan", f"{typed(e.name)} is there already"),
    staffing.UnknownRoleError: lambda e: t(
        f"det finns ingen roll {typed(e.role)}; de som finns: {_listed(e.allowed)}",
        f"there is no role {typed(e.role)}; known: {_listed(e.allowed)}",
    ),
    staffing.RoleNotHeldError: lambda e: t(
        f"{typed(e.email)} har inte rollen {typed(e.role)} där",
        f"{typed(e.email)} does not hold the role {typed(e.role)} there",
    ),
    staffing.AbsenceError: lambda e: t(*_ABSENCES[e.cause]),
    api_tokens.UnknownTokenError: lambda e: t(f"det finns ingen nyckel {e.number}", str(e)),
    ScopeError: lambda e: t(f"{e.field}: tillåtet: {e.allowed}", str(e)),
    RecipientError: lambda e: t("e-postadressen duger inte; tillåtet: namn@domän.se, utan å, ä, ö", str(e)),
    WebhookUrlError: lambda e: e.explain(spoken()),
    UnreadableFileError: lambda e: t(f"{e.path} går inte att läsa som text (UTF-8)", str(e)),
    FileProblem: lambda e: t(e.sv(), e.en()),
    AnswersError: lambda e: _fields(e.problems),
    UnknownProgrammeError: lambda e: t(
        f"det finns ingen insats {typed(e.name)}; de som finns: {_listed(e.allowed)}",
        f"there is no programme {typed(e.name)}; known: {_listed(e.allowed)}",
    ),
    UnknownDeadlineError: lambda e: t(f"det finns ingen sådan bevakning; de som finns: {_listed(e.allowed)}", str(e)),
    CursorError: lambda e: t("--cursor hör inte till den här listan", "--cursor is none of this list"),  # noqa: ARG005 - one shape
    DefinitionErrors: str,
}
_STATUS: Mapping[type, int] = {
    **dict.fromkeys(
        (
            FileProblem,
            UnreadableFileError,
            AnswersError,
            RecipientError,
            ScopeError,
            WebhookUrlError,
            CursorError,
            staffing.BadEntryError,
            staffing.UnknownRoleError,
            staffing.AbsenceError,
            errors.UnknownFieldError,
            ConsentTermsError,
            PersonalNumberError,
            HeadUnreadableError,
            import_problems.MissingFieldsError,
            import_problems.FixedFieldError,
            SpanError,
            UnknownQueueError,
        ),
        BAD_INPUT,
    ),
    **dict.fromkeys(
        (
            errors.CaseNotFoundError,
            breaking_glass.OpeningNotFoundError,
            resending.MessageNotFoundError,
            errors.DefinitionMissingError,
            errors.UnknownStaffError,
            errors.UnknownUnitError,
            api_tokens.UnknownTokenError,
            UnknownProgrammeError,
            UnknownDeadlineError,
        ),
        NOT_FOUND,
    ),
    **dict.fromkeys(
        (
            SettingsError,
            KeyringMissingError,
            KeyringError,
            SmtpSettingsError,
            TeamsSettingsError,
            HookSettingsError,
            AuthorityFileError,
            SchemaError,
            BrokerMissingError,
            FlowerPasswordMissingError,
            IdentityUnreadableError,
            SecretUnreadableError,
        ),
        NOT_SET_UP,
    ),
}
