"""The figures as Prometheus reads them. The names are promised: alerts and dashboards are built on them."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from engine.metrics import Metrics

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class _Reading(Collector):
    def __init__(self, figures: Metrics) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        yield from _simple(self._figures)
        yield from _labelled(self._figures)
        yield from _proved(self._figures)


def exposition(figures: Metrics) -> bytes:
    """Return one reading in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reading(figures))
    return generate_latest(registry)


def _simple(figures: Metrics) -> Iterator[Metric]:
    oldest = figures.oldest_waiting
    for name, said, value in (
        ("cases_open", "Open cases", figures.open_cases),
        ("deadlines_open", "Open deadlines", figures.open_deadlines),
        ("deadlines_overdue", "Open deadlines past their date", figures.overdue_deadlines),
        ("due_waiting", "Deadlines whose moment has come and that no sweep has taken", figures.waiting),
        ("due_lag_seconds", "How long the oldest of them has waited", figures.due_lag.total_seconds()),
        ("due_oldest_timestamp_seconds", "Its moment; 0 when none waits", oldest.timestamp() if oldest else 0),
        ("outbox_age_seconds", "How long the oldest message has waited", figures.outbox_age.total_seconds()),
        ("dead_letters", "Messages that were given up", figures.dead),
        ("held_messages", "Messages that wait for a human's decision", figures.held),
        ("on_hold", "1 while a restored house waits to be released", int(figures.on_hold)),
        ("stranded_cases", "Open cases pinned to a version that is not published", figures.stranded),
    ):
        yield GaugeMetricFamily(f"bevaka_{name}", said, value)


def _labelled(figures: Metrics) -> Iterator[Metric]:
    depth = GaugeMetricFamily("bevaka_outbox", "Messages in each state", labels=["state"])
    for state, number in sorted(figures.outbox.items()):
        depth.add_metric([state], number)
    entries = GaugeMetricFamily(
        "bevaka_ledger_entries_24h", "Rungs accounted for in the last 24 hours", labels=["channel", "outcome"]
    )
    for (channel, outcome), number in sorted(figures.ledger.items()):
        entries.add_metric([channel, outcome], number)
    ticks = GaugeMetricFamily("bevaka_tick_age_seconds", "Since each clock last ticked", labels=["name"])
    for name, at in sorted(figures.ticks.items()):
        ticks.add_metric([name], (figures.at - at).total_seconds())
    pauses = GaugeMetricFamily("bevaka_channel_paused", "1 while nothing leaves by a channel", labels=["channel"])
    for channel, is_paused in sorted(figures.pausing.items()):
        pauses.add_metric([channel], int(is_paused))
    yield from (depth, entries, ticks, pauses)


def _proved(figures: Metrics) -> Iterator[Metric]:
    """Give what the newest audit found. Before the first nothing is given: an alert on absence tells the difference."""
    quarantined = GaugeMetricFamily("bevaka_quarantined", "What could not be handled, set aside", labels=["what"])
    quarantined.add_metric(["message"], figures.poisoned)
    proof = figures.proof
    if proof is not None:
        quarantined.add_metric(["deadline"], proof.gaps.get("postponed", 0))
        gaps = GaugeMetricFamily("bevaka_unaccounted", "Rungs nobody has accounted for", labels=["cause"])
        for cause, number in sorted(proof.gaps.items()):
            gaps.add_metric([cause], number)
        yield gaps
        age = (figures.at - proof.at).total_seconds()
        yield GaugeMetricFamily("bevaka_audit_age_seconds", "Since the newest audit", age)
    yield quarantined
