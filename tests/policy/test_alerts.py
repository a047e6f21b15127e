"""The alert rules and the dashboard ask for figures that there are, in the form that Prometheus and Grafana read."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from engine.metrics import CHANNELS, OUTCOMES, PATIENCE, Metrics
from engine.proving import Proof
from tests.house import moment
from web.exposition import exposition

ROOT = Path(__file__).resolve().parents[2]
RULES: list[dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "alerts.yml").read_text(encoding="utf-8"))["groups"][0][
    "rules"
]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "docs" / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
EXPRESSIONS = [rule["expr"] for rule in RULES] + [t["expr"] for panel in PANELS for t in panel["targets"]]
SELECTED = re.compile(r"(bevaka_\w+)(?:\{([^}]*)\})?")
LABEL = re.compile(r'(\w+)\s*!?=~?\s*"[^"]*"')
NOW = moment("2024-03-04")

READING = Metrics(
    at=NOW,
    open_cases=1,
    open_deadlines=2,
    overdue_deadlines=0,
    waiting=1,
    oldest_waiting=NOW - timedelta(minutes=5),
    outbox={"queued": 1, "sending": 0, "done": 3, "dead": 0},
    oldest_queued=NOW - timedelta(minutes=1),
    poisoned=0,
    held=0,
    on_hold=False,
    pausing={"email": False, "teams": False},
    ledger={(channel, outcome): 0 for channel in CHANNELS for outcome in OUTCOMES},
    stranded=0,
    ticks={"clock": NOW - timedelta(seconds=5)},
    proof=Proof(NOW - timedelta(minutes=20), {"no_entry": 0, "postponed": 0}),
)


def labels_of_figures() -> dict[str, set[str]]:
    """Return every figure there is with the labels it has."""
    families = text_string_to_metric_families(exposition(READING).decode())
    return {sample.name: set(sample.labels) for family in families for sample in family.samples}


FIGURES = labels_of_figures()


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_figures_and_labels_that_there_are(expression: str) -> None:
    asked = SELECTED.findall(expression)
    assert asked
    for name, labels in asked:
        assert name in FIGURES
        assert set(LABEL.findall(labels)) <= FIGURES[name]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_brackets_of_an_expression_close(expression: str) -> None:
    for opening, closing in ("()", "{}", "[]"):
        assert expression.count(opening) == expression.count(closing)


def test_every_figure_is_watched_or_shown() -> None:
    asked = {name for expression in EXPRESSIONS for name, _ in SELECTED.findall(expression)}
    assert set(FIGURES) - asked == {"bevaka_due_oldest_timestamp_seconds", "bevaka_deadlines_open"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_a_rule_says_what_happened_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Bevaka[A-Za-z]+", rule["alert"])
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert set(rule["annotations"]) == {"summary", "description"}
    assert re.fullmatch(r"\d+[smhd]", rule.get("for", "0s"))


def test_no_two_rules_have_one_name() -> None:
    names = [rule["alert"] for rule in RULES]
    assert len(set(names)) == len(names)


def test_the_alert_and_the_check_up_lose_patience_together() -> None:
    rule = next(rule for rule in RULES if rule["alert"] == "BevakaDueNotSwept")
    assert rule["expr"] == f"bevaka_due_lag_seconds > {PATIENCE.total_seconds():.0f}"


def test_the_panels_of_the_dashboard_lie_beside_each_other() -> None:
    taken = [
        (x, y)
        for panel in PANELS
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_every_panel_asks_the_chosen_prometheus() -> None:
    assert {panel["datasource"]["uid"] for panel in PANELS} == {"${datasource}"}
    assert DASHBOARD["templating"]["list"][0]["name"] == "datasource"
