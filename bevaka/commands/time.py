"""`bevaka sweep` and `bevaka deliver`: one round of the clock, one round of the postman."""

from bevaka import console
from bevaka.commands.options import AsJson, Now
from bevaka.entry import enter
from bevaka.language import t
from engine.delivering import deliver as deliver_messages
from engine.digests import queue_digests
from engine.sweeping import sweep as sweep_deadlines

ON_HOLD = t(
    "Pausat: se `bevaka doctor`, `bevaka release-hold` och `bevaka outbox held`.",
    "On hold: see `bevaka doctor`, `bevaka release-hold` and `bevaka outbox held`.",
)


def sweep(now: Now = None, as_json: AsJson = False) -> None:
    """Account for every rung that is due, and queue the day's digests. Safe to run beside a running house."""
    entry = enter(now)
    swept = sweep_deadlines(entry.engine, entry.now)
    counts = {
        "deadlines": swept.deadlines,
        "queued": swept.queued,
        "collapsed": swept.collapsed,
        "suppressed": swept.suppressed,
        "quarantined": swept.quarantined,
        "digests": queue_digests(entry.engine, entry.now),
    }
    if as_json:
        console.data({"now": entry.now, **counts})
        return
    names = {
        "deadlines": t("bevakningar", "deadlines"),
        "queued": t("köade", "queued"),
        "collapsed": t("sammanslagna", "collapsed"),
        "suppressed": t("undertryckta", "suppressed"),
        "quarantined": t("gick inte att avgöra", "could not be decided"),
        "digests": t("morgonbrev", "digests"),
    }
    console.say(", ".join(f"{names[name]}: {number}" for name, number in counts.items()))
    if swept.on_hold:
        console.tell(ON_HOLD)


def deliver(now: Now = None, as_json: AsJson = False) -> None:
    """Send what may leave, until nothing more may. Safe to run beside a running house."""
    entry = enter(now)
    done = deliver_messages(entry.engine, entry.now)
    counts = {"sent": done.sent, "dropped": done.dropped, "postponed": done.postponed, "failed": done.failed}
    if as_json:
        console.data({"now": entry.now, **counts})
        return
    names = {
        "sent": t("skickade", "sent"),
        "dropped": t("inte längre önskade", "no longer wanted"),
        "postponed": t("uppskjutna", "postponed"),
        "failed": t("misslyckade", "failed"),
    }
    console.say(", ".join(f"{names[name]}: {number}" for name, number in counts.items()))
    if done.on_hold:
        console.tell(ON_HOLD)
    if entry.engine.email is None:
        console.tell(t("Ingen e-postserver är angiven: allt väntar.", "No mail server is set: everything waits."))
