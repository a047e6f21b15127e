"""Signatures as Standard Webhooks has them: HMAC-SHA256 over the message's id, the second it is sent, and its body."""

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """Return a random secret, in the form that libraries of Standard Webhooks take."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed_headers(secret: str, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers by which a receiver knows that a message is ours, whole and new.

    Args:
        secret: of the subscription, as `new_secret` made it.
        message_id: the same at every attempt, so that a message that comes twice is known.
        at: the instant of sending.
        body: what is posted.
    """
    key = base64.b64decode(secret.removeprefix(PREFIX))
    seconds = str(int(at.timestamp()))
    signed = f"{message_id}.{seconds}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    return {"Webhook-Id": message_id, "Webhook-Timestamp": seconds, "Webhook-Signature": f"v1,{digest}"}
