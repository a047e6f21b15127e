"""IDs that are the same every time they are made, so that a retry is recognisable and a case is one thread."""

from hashlib import blake2b

from notifications.channels.email.settings import SmtpSettings


def message_id(key: str, settings: SmtpSettings) -> str:
    """The Message-ID of an outbox key, with angle brackets: the same key gives the same ID, and tells nothing of it."""
    return _identifier("message:" + key, settings)


def thread_root(case_ref: str, settings: SmtpSettings) -> str:
    """The ID that all mail about a case refers to. No message ever carries it as its own."""
    return _identifier("case:" + case_ref, settings)


def _identifier(about: str, settings: SmtpSettings) -> str:
    digest = blake2b(about.encode(), key=settings.message_id_key[:64], digest_size=16)
    return f"<{digest.hexdigest()}@{settings.message_id_domain}>"
