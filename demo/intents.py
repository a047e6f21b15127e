"""What the people around a demo case mean to do next, and when. Pure: it follows from the case and its dice alone.

So a killed demo goes on as if nothing had happened, and equal seeds give equal years.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta

from demo.meetings import first_meeting, later_meeting
from demo.turns import Turn, View, month_end
from workflows.case import Builtin, Watch
from workflows.dates import at_local, next_open

OUTCOMES = ("work", "studies", "job_seeking", "continued_benefit", "sickness_compensation", "other_benefit", "other")
OUTCOME_WEIGHTS = (22, 16, 14, 26, 10, 8, 4)
SOMEBODY_LOOKS = date(2024, 1, 16)  # until a visitor comes nobody leaves: every case that came in is watched
LEAVING = ("moved", "left_programme", "work", "studies")
OPENS, A_WHILE = time(8), timedelta(minutes=4)
PULSE_SPACING = 3  # working days between two clinics' pulse meetings


def next_turn(view: View, clinic: int) -> Turn | None:
    """Return what comes next with a case, seen today; None when nothing will.

    Args:
        view: the case and its dice.
        clinic: the number of its clinic, which decides when its pulse meetings are.
    """
    if view.rules.definition.states[view.snapshot.state].final:
        return None
    turns = (*_routine(view), *_pulse(view, clinic), *_life(view), *_quiets(view))
    return min(turns, key=lambda turn: (turn.on, turn.name), default=None)


def moment_of(turn: Turn, view: View, now: datetime) -> datetime:
    """Return the minute (UTC) at which it is done: on its day, or on the first working day that is left."""
    on = view.rules.calendar.next_working_day(max(turn.on, view.today))
    minute = timedelta(minutes=view.draws.between(20, 505, "minute", view.snapshot.seq))
    wanted = at_local(on, OPENS) + minute
    return next_open(max(wanted, now + A_WHILE), view.rules.definition.hours, view.rules.calendar)


def _routine(view: View) -> Iterator[Turn]:
    """What the open deadlines ask for."""
    consent = _live(view, "consent")
    if consent and view.draws.chance("consent") > 0.04:
        yield view.by(consent, "record_consent", "consent", {"consent_until": view.today + timedelta(days=365)})
    renewed = _live(view, "consent_renewal")
    if renewed:
        until = view.today + timedelta(days=365 + 30)
        yield view.by(renewed, "record_consent", "consent_renewal", {"consent_until": until})
    if view.snapshot.state in ("granted", "meeting_booked"):
        yield from first_meeting(view)
    plan = _live(view, "plan")
    if plan:
        yield view.by(plan, "agree_plan", "plan", {"plan_agreed_on": view.today})
    yield from later_meeting(view, "follow_up", "book_follow_up", "hold_follow_up", "cancel_follow_up")
    yield from _towards_the_end(view)


def _towards_the_end(view: View) -> Iterator[Turn]:
    renewal, age = _live(view, "renewal"), _live(view, "age_limit")
    if renewal:
        yield view.by(renewal, "consider_renewal", "renewal", {})
    if age:
        yield view.by(age, "plan_for_age_limit", "age_limit", {})
    extended = _extension(view)
    if extended:
        yield extended
    else:
        yield from later_meeting(
            view, "final_meeting", "book_final_meeting", "hold_final_meeting", "cancel_final_meeting"
        )
    if view.snapshot.state == "evaluating":
        yield _evaluation(view)


def _extension(view: View) -> Turn | None:
    """FK prolongs the benefit, for about every third, before a final meeting is due."""
    until, limit = view.day("benefit_until"), view.day("age_limit_on") or date.max
    if until is None or view.snapshot.state not in ("planning", "following") or until >= limit - timedelta(days=200):
        return None
    if view.draws.chance("extension", until) > 0.35:
        return None
    longer = month_end(until + timedelta(days=view.draws.between(340, 700, "longer", until)))
    return Turn(until - timedelta(days=125), "extend_period", {"benefit_until": min(longer, limit)})


def _evaluation(view: View) -> Turn:
    evaluation, until = _live(view, "evaluation"), view.day("benefit_until") or view.today
    if evaluation and not view.snapshot.data.get("evaluated"):
        return view.by(evaluation, "complete_evaluation", "evaluation", {"evaluation": "Utvärderat tillsammans."})
    last = view.working_days(until, view.draws.between(-8, 1, "close", until))
    outcome = view.draws.choose(OUTCOMES, OUTCOME_WEIGHTS, "outcome")
    return Turn(last, "close", {"outcome": outcome})


def _pulse(view: View, clinic: int) -> Iterator[Turn]:
    """Clinic and FK meet monthly, but not in July, and go through what is due within 30 days; some are forgotten."""
    review = _live(view, "pulse_review")
    if review is None or review.due_on is None:
        return
    on = _pulse_meeting(view, clinic, max(view.today, review.due_on - timedelta(days=29)))
    if view.draws.chance("forgotten", review.occurrence, review.generation) < 0.06:
        on = view.working_days(review.due_on, view.draws.between(3, 12, "found", review.occurrence))
    yield Turn(on, "review_at_pulse_meeting", {"pulse_review_on": max(on, view.today)})


def _pulse_meeting(view: View, clinic: int, since: date) -> date:
    month = since.replace(day=1)
    while True:
        meeting = view.working_days(month, 4 + PULSE_SPACING * clinic)
        if meeting >= since and month.month != 7:
            return meeting
        month = (month + timedelta(days=32)).replace(day=1)


def _life(view: View) -> Iterator[Turn]:
    """What happens to people: measures, leave and illness, a changed extent, moving away."""
    yield from _measures(view)
    running = [pause for pause in view.snapshot.pauses if pause.until_on is None]
    draws, opened = view.draws, view.opened_on
    if running:
        back = running[0].from_on + timedelta(days=draws.between(25, 110, "back"))
        yield Turn(back, Builtin.RESUME, {"kind": running[0].kind})
    elif not view.snapshot.pauses and draws.chance("pause") < 0.17:
        kind = "parental_leave" if draws.chance("parental") < 0.3 else "sick_leave"
        yield Turn(opened + timedelta(days=draws.between(60, 260, "pause")), Builtin.PAUSE, {"kind": kind})
    if draws.chance("leaves") < 0.07:
        on = max(opened + timedelta(days=draws.between(60, 330, "leaves")), SOMEBODY_LOOKS)
        yield Turn(on, "withdraw", {"outcome": draws.choose(LEAVING, (3, 4, 2, 2), "left")})
    if draws.chance("withdraws") < 0.02 and view.snapshot.data.get("consent.region_to_fk"):
        yield Turn(opened + timedelta(days=draws.between(90, 220, "withdraws")), "withdraw_consent", {})
    level = draws.choose(("half", "three_quarters", "full"), (3, 2, 4), "new level")
    if draws.chance("level") < 0.05 and view.snapshot.data.get("level") != level:
        yield Turn(opened + timedelta(days=draws.between(80, 300, "level")), Builtin.AMEND, {"level": level})


def _measures(view: View) -> Iterator[Turn]:
    base = view.day("plan_agreed_on") or view.day("held_on")
    if view.snapshot.state not in ("planning", "following") or base is None:
        return
    planned = view.count("measures_planned")
    ended = view.count("measures_done") + view.count("measures_interrupted")
    if planned < view.draws.between(1, 3, "measures"):
        yield Turn(base + timedelta(days=6 + 31 * planned), "plan_measure", {})
    if ended < planned:
        name = "interrupt_measure" if view.draws.chance("interrupted", ended) < 0.15 else "complete_measure"
        yield Turn(base + timedelta(days=view.draws.between(60, 90, "measure", ended) + 55 * ended), name, {})


def _quiets(view: View) -> Iterator[Turn]:
    """Whoever knows that she will be late often says so; now and then somebody asks to be left alone until later."""
    for kind, watch in view.snapshot.watch.items():
        if watch.live and not watch.paused and watch.quiet is None and watch.due_on and kind != "pulse_review":
            yield from _quiet(view, kind, watch, watch.due_on)


def _quiet(view: View, kind: str, watch: Watch, due_on: date) -> Iterable[Turn]:
    key = (kind, watch.occurrence, watch.generation)
    lag = view.lag(kind, watch)
    said, done = view.working_days(due_on, 2), view.working_days(due_on, lag)
    if lag >= 4 and said >= view.today and view.draws.chance("ack", *key) < 0.55:
        yield Turn(said, Builtin.ACKNOWLEDGE, {"deadline": kind, "until_on": done})
    asked, later = view.working_days(due_on, -11), view.working_days(due_on, -4)
    if lag > -4 and asked >= view.today and view.draws.chance("snooze", *key) < 0.15:
        reason = "Väntar på besked från Försäkringskassan"
        yield Turn(asked, Builtin.SNOOZE, {"deadline": kind, "until_on": later, "reason": reason})


def _live(view: View, kind: str) -> Watch | None:
    watch = view.snapshot.watch.get(kind)
    return watch if watch and watch.live and not watch.paused else None
