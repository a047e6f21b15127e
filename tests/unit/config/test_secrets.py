"""Secrets may come from files; the database's password is put into its address."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from config.settings import SettingsError, read_settings

URL = "postgresql+psycopg://bevaka@postgres/bevaka"


@given(st.text(st.characters(min_codepoint=33, max_codepoint=0x17F), min_size=1))
def test_any_password_survives_being_put_into_the_address(password: str) -> None:
    url = make_url(read_settings(database_url=URL, database_password=password).database)
    assert (url.username, url.password, url.host, url.database) == ("bevaka", password, "postgres", "bevaka")


def test_a_secret_is_read_from_its_file_without_the_line_end(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hemlig\n", encoding="utf-8")
    assert read_settings(flower_password_file=tmp_path / "secret").secret("flower_password") == "hemlig"


def test_a_file_that_cannot_be_read_is_named_by_its_setting(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="BEVAKA_METRICS_TOKEN_FILE: a file of text"):
        read_settings(metrics_token_file=tmp_path / "none").secret("metrics_token")


def test_a_secret_and_its_file_are_not_both_given(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not both"):
        read_settings(flower_password="x", flower_password_file=tmp_path / "secret")


def test_the_dead_mans_switch_is_reached_by_https_alone() -> None:
    with pytest.raises(SettingsError, match="BEVAKA_DEADMAN_URL: an address that begins with https://"):
        read_settings(deadman_url="http://watch.example/1")


def test_no_secret_is_told_by_its_settings() -> None:
    assert "hemlig" not in repr(read_settings(flower_password="hemlig", metrics_token="hemlig"))
