"""The names of slots: `role:channel`, and `fallback/role:channel` for a message that tries another way."""

FALLBACK = "fallback/"


def role_of(slot: str) -> str:
    """Return the role a slot addresses."""
    return slot.removeprefix(FALLBACK).rpartition(":")[0]


def is_fallback(slot: str) -> bool:
    """Say whether the slot belongs to a message that already tries another way."""
    return slot.startswith(FALLBACK)


def fallback_slot(role: str) -> str:
    """Return the slot of a message that goes to `role` because another could not be delivered."""
    return f"{FALLBACK}{role}:email"
