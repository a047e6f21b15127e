"""The bytes of an email without attachments, written straight down.

`email.message` parses every header it is given and encodes text in Python: nine tenths of the time of a mail, for the
same octets (tests/unit/notifications/test_email_writing.py compares the two).
"""

import base64
import binascii
from collections.abc import Sequence
from functools import lru_cache

from notifications.channels.email.folding import THREADING

Headers = Sequence[tuple[str, str]]


def written(headers: Headers, text: str, html: str, boundary: str) -> bytes:
    """Return a mail with plain text and HTML.

    Args:
        headers: Names and values, in order; without those of MIME.
        text: The plain text.
        html: The same as HTML.
        boundary: What parts the two; it must occur in neither quoted-printable nor base64.

    Raises:
        ValueError: a header holds a line break.
    """
    edge = b"--" + boundary.encode("ascii")
    return b"".join(
        (
            *(_line(name, value) for name, value in headers),
            b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="', boundary.encode("ascii"), b'"\r\n',
            b"\r\n", edge, b"\r\n",
            b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
            binascii.b2a_qp(_lines(text), istext=True), b"\r\n", edge, b"\r\n",
            b'Content-Type: text/html; charset="utf-8"\r\nContent-Transfer-Encoding: base64\r\n\r\n',
            base64.encodebytes(_lines(html)).replace(b"\n", b"\r\n"), b"\r\n", edge, b"--\r\n",
        )
    )  # fmt: skip


def _lines(text: str) -> bytes:
    return b"\r\n".join(text.encode("utf-8").splitlines()) + b"\r\n"


def _line(name: str, value: str) -> bytes:
    return THREADING.fold_binary(name, value) if THREADING.stays_as_it_is(name, value) else _folded(name, value)


@lru_cache(maxsize=64)  # the sender is the same every time
def _folded(name: str, value: str) -> bytes:
    return THREADING.fold_binary(name, THREADING.header_store_parse(name, value)[1])
