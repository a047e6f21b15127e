"""A message as the parts of an email: a subject, plain text and HTML."""

from dataclasses import dataclass

from notifications.messages import Message
from notifications.recipients import Language
from notifications.wording import Tone, compose, environment

_COLOURS = {Tone.CALM: "#1f5f5b", Tone.URGENT: "#8f2d1f", Tone.QUIET: "#55606b"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What an email says. The subject is the same for all mail about a case, so that programs keep it together."""

    subject: str
    text: str
    html: str


def render(message: Message, language: Language, *, uncertain: bool = False) -> Rendered:
    """Lay a message out.

    Args:
        message: What to say.
        language: ``sv`` or ``en``.
        uncertain: It may already have arrived once; a note says so.
    """
    letter = compose(message, language, uncertain=uncertain)
    text = environment().get_template("letter.txt.j2").render(letter=letter)
    html = environment().get_template("letter.html.j2").render(letter=letter, colour=_COLOURS[letter.tone])
    return Rendered(letter.subject, text, html)
