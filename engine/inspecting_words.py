"""What the built-in events are called, and what they ask. A definition names only its own."""

from collections.abc import Mapping

from workflows.case import Builtin
from workflows.model import Definition, Text

EVENT_TITLES: Mapping[str, Text] = {
    Builtin.OPEN: Text("Ärendet öppnat", "Case opened"),
    Builtin.AMEND: Text("Uppgifter ändrade", "Data amended"),
    Builtin.PAUSE: Text("Paus påbörjad", "Pause begun"),
    Builtin.RESUME: Text("Paus avslutad", "Pause ended"),
    Builtin.RECOMPUTE: Text("Datum räknade om", "Dates recounted"),
    Builtin.MIGRATE: Text("Flyttat till ny version", "Moved to a new version"),
    Builtin.ACKNOWLEDGE: Text("Bevakning kvitterad", "Deadline acknowledged"),
    Builtin.SNOOZE: Text("Bevakning uppskjuten", "Deadline snoozed"),
    Builtin.CONSENT: Text("Samtycke antecknat med villkor", "Consent recorded with its terms"),
    Builtin.WITHDRAW: Text("Samtycke återkallat", "Consent withdrawn"),
    Builtin.UNDO: Text("Ångrat", "Undone"),
    Builtin.DISCLOSE: Text("Uppgifter utlämnade", "Data disclosed"),
    Builtin.BREAK_GLASS: Text("Personuppgifter öppnade ändå", "Personal data opened all the same"),
}
ANSWER_TITLES: Mapping[str, Text] = {
    "undone": Text("Det som ångrades", "What was undone"),
    "kind": Text("Skäl till paus", "Reason for the pause"),
    "from_on": Text("Från och med", "From"),
    "until_on": Text("Till", "Until"),
    "deadline": Text("Bevakning", "Deadline"),
    "reason": Text("Skäl", "Reason"),
    "giver": Text("Lämnat av", "Given by"),
    "from_party": Text("Från myndighet", "From authority"),
    "to_party": Text("Till myndighet", "To authority"),
    "recipient": Text("Mottagare", "Recipient"),
    "purpose": Text("Ändamål", "Purpose"),
    "groups": Text("Slag av uppgifter", "Groups of data"),
    "form": Text("Form", "Form"),
    "fields": Text("Uppgifter", "Data"),
    "ground": Text("Rättslig grund", "Legal ground"),
    "asked_on": Text("Begärt den", "Asked for on"),
    "minutes": Text("Minuter", "Minutes"),
}


def event_title(definition: Definition, event: str) -> Text:
    """Return what an event is called; one that a later version has dropped is called by its name."""
    transition = definition.transitions.get(event)
    return transition.title if transition else EVENT_TITLES.get(event, Text(event, event))


def role_title(definition: Definition, role: str) -> Text:
    """Return what a role is called; some roles are the house's and in no definition."""
    declared = definition.roles.get(role)
    return declared.title if declared else _OTHER_ROLES.get(role, Text(role, role))


_OTHER_ROLES: Mapping[str, Text] = {
    "admin": Text("Systemansvarig", "System administrator"),
    "unit": Text("Mottagningens Teamskanal", "The unit's Teams channel"),
    "staff": Text("Medarbetare", "Member of staff"),
    "funder": Text("Finansiär", "Funder"),
    "log_reviewer": Text("Loggranskare", "Log reviewer"),
}
