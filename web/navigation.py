"""Which pages are offered to whom. What is not offered is not thereby protected: every use case asks for permission."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from access.rules import Action, may_anywhere
from web.visits import Visit


@dataclass(frozen=True, slots=True)
class Offer:
    """A page of the menu: where it is, the key of its title, and what one has to be allowed to be offered it."""

    to: str
    key: str
    action: Action | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """An offered page as the menu shows it; `here` where the visitor is on it or below it."""

    to: str
    key: str
    here: bool


@dataclass(frozen=True, slots=True)
class Navigation:
    """The menu: one's work, the running of the house, and what only a demo has."""

    work: Sequence[Link] = ()
    house: Sequence[Link] = ()
    demo: Sequence[Link] = ()


WORK = (
    Offer("/", "nav.day"),
    Offer("/cases", "nav.cases"),
    Offer("/calendar", "nav.calendar"),
    Offer("/ledger", "nav.ledger"),
)
HOUSE = (
    Offer("/people", "nav.people", Action.SEE_PEOPLE),
    Offer("/units", "nav.units", Action.SEE_PEOPLE),
    Offer("/channels", "nav.channels", Action.SEE_CHANNELS),
    Offer("/outbox", "nav.outbox", Action.SEE_OUTBOX),
    Offer("/review", "nav.review", Action.REVIEW),
    Offer("/system", "nav.system", Action.RUN),
)
DEMO = (Offer("/mailbox", "nav.mailbox"), Offer("/time", "nav.time"))


def navigation_of(visitor: Visit) -> Navigation:
    """Return the menu of a visitor: the pages there are, of those she may open."""
    here = visitor.request.url.path
    known: frozenset[str] = visitor.request.app.state.offered_paths

    def links(offers: Iterable[Offer]) -> tuple[Link, ...]:
        return tuple(
            Link(offer.to, offer.key, _is_here(here, offer.to))
            for offer in offers
            if offer.to in known and (offer.action is None or may_anywhere(visitor.actor, offer.action))
        )

    return Navigation(links(WORK), links(HOUSE), links(DEMO) if visitor.place.demo is not None else ())


def _is_here(here: str, to: str) -> bool:
    return here == to or (to != "/" and here.startswith(f"{to}/"))
