"""Every route of the API, under its one address."""

from web.api import (
    bulk,
    case_deadlines,
    case_events,
    case_history,
    case_trust,
    cases,
    description,
    house,
    imports,
    ledger,
    me,
    webhooks,
)

PARTS = (
    me,
    cases,
    case_events,
    case_deadlines,
    case_trust,
    case_history,
    bulk,
    ledger,
    house,
    imports,
    webhooks,
    description,
)
ROUTES = tuple(route for part in PARTS for route in part.router.routes)
"""Each of them, for whoever describes or counts them."""
