"""How demo meetings come about: booked some days ahead, sometimes moved or called off, held, and written down after."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta

from demo.turns import Turn, View
from workflows.case import Invited, Watch
from workflows.dates import at_local, local_date
from workflows.guards import Value

WINDOW = timedelta(days=45)
PLACES, PLACE_WEIGHTS = ("clinic", "video", "fk_office"), (6, 3, 1)


def first_meeting(view: View) -> Iterator[Turn]:
    """Give what may come next on the way to the first joint meeting."""
    watch, invited = view.snapshot.watch.get("first_meeting"), view.snapshot.invited.get("first_meeting")
    if watch is None or not watch.live or watch.due_on is None:
        return
    booked = view.snapshot.state == "meeting_booked" and invited is not None
    if watch.paused:
        if booked:
            yield Turn(view.today, "cancel_first_meeting")
        return
    if booked and invited is not None:
        yield _booked(view, "first_meeting", invited, "hold_first_meeting", "rebook_first_meeting")
        return
    meets_on = view.working_days(watch.due_on, view.lag("first_meeting", watch))
    if view.snapshot.data.get("consent.region_to_fk"):
        ahead = view.working_days(meets_on, -view.draws.between(4, 12, "ahead", view.snapshot.entry_seq))
        yield Turn(ahead, "book_first_meeting", meeting(view, meets_on))
    elif view.draws.chance("consent") <= 0.04:  # without consent it is held without FK
        yield Turn(meets_on, "hold_first_meeting", _held(view, max(meets_on, view.today)))


def later_meeting(view: View, kind: str, book: str, hold: str, cancel: str) -> Iterator[Turn]:
    """Give what may come next on the way to a follow-up or the final meeting."""
    watch, invited = view.snapshot.watch.get(kind), view.snapshot.invited.get(kind)
    if watch is None or not watch.live or watch.paused or watch.due_on is None:
        return
    if invited and invited.live and _is_about(invited, watch, watch.due_on):
        yield _booked(view, f"{kind}/{watch.occurrence}", invited, hold, cancel)
        return
    meets_on = view.working_days(watch.due_on, view.lag(kind, watch))
    if view.snapshot.data.get("consent.region_to_fk"):
        yield Turn(view.working_days(meets_on, -8), book, meeting(view, meets_on))
    else:
        yield Turn(meets_on, hold, {"held_on": max(meets_on, view.today)})


def meeting(view: View, wanted_on: date) -> Mapping[str, Value]:
    """Return the answers that book a meeting: on the day wanted, or a few days from now."""
    on = max(wanted_on, view.working_days(view.today, 3))
    hour = view.draws.between(9, 15, "hour", view.snapshot.seq)
    place = view.draws.choose(PLACES, PLACE_WEIGHTS, "place", view.snapshot.seq)
    return {"meeting_at": at_local(on, time(hour, 30 if hour % 2 else 0)), "place": place}


def _booked(view: View, key: str, invited: Invited, hold: str, change: str) -> Turn:
    on = local_date(invited.starts_at)
    if on > view.today and view.draws.chance("change", key, invited.sequence) < 0.07:
        answers = meeting(view, view.working_days(on, 5)) if change.startswith("rebook") else {}
        return Turn(max(view.today, on - timedelta(days=2)), change, answers)
    written = view.working_days(on, 1 if view.draws.chance("written", key) < 0.2 else 0)
    return Turn(written, hold, _held(view, on) if hold == "hold_first_meeting" else {"held_on": on})


def _held(view: View, on: date) -> dict[str, Value]:
    goals = view.draws.choose(("Komma ut varje dag", "Pröva studier på deltid", "Arbetsträna"), (1, 1, 1), "goals")
    return {"held_on": on, "goals": goals}


def _is_about(invited: Invited, watch: Watch, due_on: date) -> bool:
    """Say whether an invitation is for this occurrence and not for an earlier one, held or not."""
    on = local_date(invited.starts_at)
    return on >= due_on - WINDOW and (watch.met_on is None or on > watch.met_on)
