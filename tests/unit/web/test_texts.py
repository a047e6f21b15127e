"""One catalogue: every text in both languages, every text used, every text that is used there."""

import re
import string
from importlib import resources
from pathlib import Path

import pytest

from engine.inspecting import Band
from web.errors import _CAUSES
from web.texts import Words, catalogue
from workflows.ladders import Outcome, Reason

WEB = Path(str(resources.files("web")))
SOURCES = [p.read_text(encoding="utf-8") for p in (*WEB.rglob("*.py"), *WEB.rglob("*.j2"))]
QUOTED = re.compile(r"""["']([a-z_]+(?:\.[a-z_]+)*)["']""")
# Groups whose last word comes from the engine, the demo or the error table.
OPEN_GROUPS = (
    "actor.", "band.", "became.", "due.", "error.", "mailbox.kind.", "outbox.", "outcome.", "quiet.", "reason.",
    "disclosed.person.", "failure.", "wait.", "resend.", "decision.", "queue.", "channel.", "kind.",
    "channels.state.", "channels.why.", "people.why.", "people.account.", "calendar.view.", "sign.", "conclusion.",
    "reading.", "role.", "scope.", "join.weak.", "tick.", "time.forward.", "ack.", "snooze.", "day.", "live.",
    "several.", "views.", "consent.", "party.", "lack.",
)  # fmt: skip


def facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("key", sorted(catalogue()))
def test_a_text_says_the_same_in_both_languages(key: str) -> None:
    text = catalogue()[key]
    assert set(text) == {"sv", "en"}
    assert facts(text["sv"]) == facts(text["en"])
    assert text["sv"].strip()


def test_every_text_is_used() -> None:
    used = {name for source in SOURCES for name in QUOTED.findall(source)}
    plain = {re.sub(r"\.(one|many)$", "", key) for key in catalogue()}
    assert not {key for key in plain if key not in used and not key.startswith(OPEN_GROUPS)}


@pytest.mark.parametrize(
    "key",
    [
        *(f"band.{band}" for band in Band),
        *(f"outcome.{outcome}" for outcome in Outcome),
        *(f"reason.{reason}" for reason in Reason),
        *(f"error.{cause}.{part}" for _, cause in _CAUSES.values() for part in ("title", "text")),
        "error.unexpected.title",
    ],
)
def test_every_word_of_the_engine_has_a_text(key: str) -> None:
    assert key in catalogue()


def test_a_number_of_things_is_said_in_the_singular_or_the_plural() -> None:
    assert Words("sv").count("caseload.open", 1) == "1 öppet ärende"
    assert Words("sv").count("caseload.open", 12_695) == "12\N{NO-BREAK SPACE}695 öppna ärenden"
    assert Words("en").count("caseload.open", 12_695) == "12,695 open cases"


def test_a_word_nobody_has_translated_yet_is_shown_as_it_is() -> None:
    assert Words("sv").named("reason", "brand_new") == "brand_new"


def test_a_key_that_is_not_there_is_an_error() -> None:
    with pytest.raises(KeyError):
        Words("sv")("no.such.key")
