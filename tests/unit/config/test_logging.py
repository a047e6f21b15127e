"""The log's allow-list: whatever is logged, by whom, at whatever level, no value that could be a person's comes out."""

import io
import json
import logging
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from config.logging import ALLOWED_KEYS, only_allowed, plain, set_up_logging

NUMBERS = ["20000505-2386", "200005052386", "000505-2386", "0005052386", "000505+2386", "2000-05-05 2386"]
NAME = "Märta Påhittad"


@pytest.fixture
def log() -> io.StringIO:
    stream = io.StringIO()
    set_up_logging("DEBUG", stream, as_json=True)
    return stream


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_known_keys_with_plain_values_come_through(log: io.StringIO) -> None:
    structlog.get_logger("engine.test").info("swept", deadlines=3, ref="BV-7F3K-92QX")
    (line,) = lines(log)
    assert (line["event"], line["deadlines"], line["ref"], line["level"]) == ("swept", 3, "BV-7F3K-92QX", "info")


def test_an_event_of_ours_is_one_word(log: io.StringIO) -> None:
    structlog.get_logger().info(f"opened for {NAME}")
    assert lines(log)[0]["event"] == "?"


def test_unknown_keys_are_dropped_and_counted(log: io.StringIO) -> None:
    structlog.get_logger().warning("odd", name=NAME, number=NUMBERS[0])
    (line,) = lines(log)
    assert line["dropped"] == 2
    assert NAME not in log.getvalue()


@pytest.mark.parametrize("value", [*NUMBERS, NAME, "märta", {"name": NAME}, [NAME], b"bytes", object()])
def test_a_value_that_is_no_plain_word_is_withheld_even_under_a_known_key(log: io.StringIO, value: object) -> None:
    structlog.get_logger().error("odd", reason=value)
    assert lines(log)[0]["reason"] == "?"


def test_an_exception_is_its_type_and_place_without_words(log: io.StringIO) -> None:
    try:
        int(f"{NAME} {NUMBERS[0]}")
    except ValueError:
        structlog.get_logger().exception("failed")
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    ours, theirs = lines(log)
    assert ours["error"] == "ValueError"
    assert ours["place"].startswith(__name__.rpartition(".")[2]) or ":" in ours["place"]
    assert "ValueError" in theirs["event"]
    assert NAME not in log.getvalue()


def test_a_librarys_values_are_left_out(log: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").info("Started %s for 100%%", NAME)
    assert lines(log)[0]["event"] == "Started %s for 100%%"


def test_a_strange_librarys_message_is_withheld(log: io.StringIO) -> None:
    logging.getLogger("some.library").debug(f"INSERT {NAME}")
    assert lines(log)[0]["event"] == "message_withheld"
    assert NAME not in log.getvalue()


@pytest.mark.parametrize("number", NUMBERS)
def test_a_number_inside_a_message_is_withheld(log: io.StringIO, number: str) -> None:
    logging.getLogger("engine.test").debug(f"saw {number}")
    assert number not in log.getvalue()


def test_warnings_of_libraries_are_logged_without_words(log: io.StringIO) -> None:
    import warnings  # noqa: PLC0415 - capturing is set up by the fixture

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn(NAME, UserWarning, stacklevel=1)
    assert NAME not in log.getvalue()


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.binary()))
def test_nothing_but_allowed_keys_ever_comes_out(event: dict[str, Any]) -> None:
    kept = only_allowed(None, "info", {name: value for name, value in event.items() if not name.startswith("_")})
    assert set(kept) <= ALLOWED_KEYS


@given(st.text())
def test_a_text_comes_out_whole_or_not_at_all(text: str) -> None:
    assert plain(text) in (text, "?")


@given(st.integers(min_value=10**9))
def test_a_long_number_never_comes_out(number: int) -> None:
    assert plain(number) == "?"
