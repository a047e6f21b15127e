"""Why a message waits or failed, in words: the codes of channels as somebody who is to mend them reads them."""

from engine.inspecting_queue import QueueLine, Wait
from web.dates import Dates
from web.texts import Words

QUEUE_ICONS = {"waiting": "clock", "held": "pause", "failed": "alert"}
CHANNEL_ICONS = {
    "works": "check",
    "untried": "dash",
    "falters": "clock",
    "rests": "clock",
    "pauses": "pause",
    "broken": "alert",
    "not_set_up": "dash",
}


def why_words(line: QueueLine, words: Words, dates: Dates) -> str:
    """Return why a message has not left, with until when, and with what it failed last."""
    if line.why is Wait.FAILED:
        return failure_words(line.error, line.reason, words)
    told = words(f"wait.{line.why}", until=dates.moment(line.until)) if line.until else words(f"wait.{line.why}")
    return f"{told} {failure_words(line.error, None, words)}" if line.error else told


def failure_words(code: str | None, reason: str | None, words: Words) -> str:
    """Return the code of a failure as a sentence; a code nobody has put into words is shown as it is."""
    if code is None:
        said = words.named("reason", reason) or words("failure.unknown")
        return f"{said[:1].upper()}{said[1:]}."
    if words.has(f"failure.{code}"):
        return words(f"failure.{code}")
    family = code.partition("_")[0] + (f"_{code.partition('_')[2][:1]}" if "_" in code else "")
    key = f"failure.{family}"
    return words(key, code=code) if words.has(key) else words("failure.other", code=code)
