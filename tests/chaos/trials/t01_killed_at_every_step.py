"""T1: a process is killed at each of the ten steps of a message's way, by email and Teams, on both databases."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta

import redis

from engine.leases import LEASE
from tests.chaos.kill_account import Kill, Told, copies_of, tell
from tests.chaos.kill_world import Channel, World, open_world
from tests.chaos.stage import Kind
from tests.chaos.trial import Check, Finding, Size, Trial

STEPS = tuple(f"K{number}" for number in range(1, 11))
CHANNELS: tuple[Channel, ...] = ("email", "teams")
KINDS: tuple[Kind, ...] = ("postgresql", "sqlite")
KILLED = -9
TRIES = 20  # for one kill: the processes that recover may be quicker than a victim
MOST_SECONDS = 60
DUPLICATE_STEPS = ("K5", "K6")
SHORT_LEASE = timedelta(seconds=5)


def run(size: Size) -> Finding:
    """Kill on both databases at once, and let what is left behind be done by processes that ran all along."""
    each, lease = (1, SHORT_LEASE) if size is Size.SHORT else (25, LEASE)
    with ExitStack() as stack:
        worlds = [stack.enter_context(open_world(kind, lease)) for kind in KINDS]
        with ThreadPoolExecutor(len(KINDS)) as pool:
            told = dict(zip(KINDS, pool.map(lambda world: _kill_all(world, each), worlds), strict=True))
    number = each * len(STEPS) * len(CHANNELS) * len(KINDS)
    load = (
        f"{number} kills: {len(STEPS)} steps × email and Teams × PostgreSQL (with Valkey and Celery) and SQLite"
        f" (embedded) × {each}, leases of {lease.total_seconds():.0f} s"
    )
    return Finding(load, _checks(told, number), _table(told))


def _kill_all(world: World, each: int) -> Told:
    world.start_recoverers()
    # One of each in turn, so that no channel sees many failures in a row, which would make it pause.
    kills = [_kill(world, step, channel, turn) for turn in range(each) for step, channel in _cells()]
    world.stage.drain(180, also=lambda: len(copies_of(world).keys() - {""}) == len(world.refs))
    if world.stage.broker is not None:
        _redeliver(world)
    return tell(world, kills)


def _cells() -> Iterator[tuple[str, Channel]]:
    return ((step, channel) for step in STEPS for channel in CHANNELS)


def _kill(world: World, step: str, channel: Channel, turn: int) -> Kill:
    for _ in range(TRIES):
        refs = world.open_due(channel, 2 if step == "K9" else 1)
        environment = _plan(world, step, channel, refs, turn)
        status, at = world.victims.order(step, refs, environment)
        forestalled = [ref for ref in refs if world.malice.forget(ref) or _was_sent_by_others(world, step, ref, at)]
        if status == KILLED and not forestalled:
            return Kill(step, channel, world.kind, tuple(refs), at)
        world.wake(refs)
    raise AssertionError(f"{step} {channel} {world.kind}: nobody died; the last status was {status}")


def _was_sent_by_others(world: World, step: str, ref: str, at: datetime) -> bool:
    """Say whether a process that recovers was quicker; where the victim itself sends, it has made sure."""
    return step not in ("K5", "K6", "K7") and any(accepted <= at for accepted in world.malice.accepted.get(ref, ()))


def _plan(world: World, step: str, channel: Channel, refs: Sequence[str], turn: int) -> dict[str, str]:
    """Tell the servers what to do to the victim, and return its settings."""
    if step == "K5":
        world.malice.plan(refs[0], "dropped" if turn % 2 else "kept")
    if step == "K8" and channel == "teams":
        world.malice.plan(refs[0], "hung_up")
    if step == "K8" and channel == "email":
        return {"BEVAKA_SMTP_PORT": str(world.busy.port)}
    return {"BEVAKA_REDIS_URL": _victims_broker(world)} if step in ("K3", "K7") and world.stage.broker else {}


def _victims_broker(world: World) -> str:
    """Return a broker database of the victims' own: else another worker might take the call meant for one of them."""
    assert world.stage.broker is not None
    return world.stage.broker.url.removesuffix("/0") + "/1"


def _redeliver(world: World) -> None:
    """Let a worker do every call that a victim took and did not acknowledge: nothing may come of it."""
    url = _victims_broker(world)
    with redis.Redis.from_url(url) as client:
        assert client.hlen("bevaka:unacked") > 0, "the killed workers have acknowledged their calls"
    assert world.victims.order("redeliver", [], {"BEVAKA_REDIS_URL": url})[0] == 0, "calls are left"


def _checks(told: Mapping[Kind, Told], number: int) -> list[Check]:
    cells = {(kind, *key): cell for kind, one in told.items() for key, cell in one.cells.items()}
    killed = sum(cell.kills for cell in cells.values())
    further = max(cell.most_per_kill for (_, step, _), cell in cells.items() if step in DUPLICATE_STEPS)
    slowest = max(cell.slowest for cell in cells.values())
    nought = {
        "lost 0": sum(one.lost for one in told.values()),
        "unexpected 0": sum(one.unexpected for one in told.values()),
        "duplicates 0 outside K5 and K6": sum(one.duplicates_elsewhere for one in told.values()),
        "duplicates with another Message-ID or key 0": sum(one.changed_identity for one in told.values()),
        "duplicates without the mark 0": sum(one.unmarked for one in told.values()),
        "cases without exactly one sent message 0": sum(one.not_sent for one in told.values()),
        "rungs unaccounted for 0": sum(one.unaccounted for one in told.values()),
    }
    return [
        Check(f"{number} processes killed", str(killed), killed == number),
        *(Check(promise, str(seen), seen == 0) for promise, seen in nought.items()),
        Check("duplicates at K5 and K6 ≤ 1 per kill", str(further), further <= 1),
        Check(f"recovered ≤ {MOST_SECONDS} s", f"{slowest:.1f} s", slowest <= MOST_SECONDS),
    ]


def _table(told: Mapping[Kind, Told]) -> str:
    columns = [(kind, channel) for kind in KINDS for channel in CHANNELS]
    head = "".join(f" {channel}, {kind} |" for kind, channel in columns)
    lines = [f"| |{head}", "|---|" + "---|" * len(columns)]
    for step in STEPS:
        cells = [told[kind].cells[step, channel] for kind, channel in columns]
        shown = [f"{one.kills}, {one.lost}, {one.duplicates}, {one.slowest:.1f}" for one in cells]
        lines.append(f"| {step} | {' | '.join(shown)} |")
    return "kills, lost, duplicates, slowest recovery (s)\n\n" + "\n".join(lines)


TRIAL = Trial("T1", "A process killed at every step of a message's way", run)
