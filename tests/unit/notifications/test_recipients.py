"""Recipients are one plain mailbox or one secret address, and neither prints itself."""

import copy
import pickle

import pytest

from notifications.recipients import Mailbox, RecipientError, SecretUrl, TeamsConnection

URL = "https://default1.01.environment.api.powerplatform.com/workflows/x?sig=Secret-Signature"


@pytest.mark.parametrize("address", ["kim@region.example", "kim.test+bevaka@mail.region.example", "o'x@r.example"])
def test_a_plain_mailbox_is_accepted(address: str) -> None:
    assert Mailbox(address).address == address


@pytest.mark.parametrize(
    "address",
    [
        "kim@region.example\r\nBcc: x@evil.example", "kim@region.example\n", "a@r.example, b@r.example",
        "Kim <kim@region.example>", "kim@localhost", "kim@10.0.0.1", "kim@[10.0.0.1]", "kim", "@r.example",
        "kim@@region.example", ".kim@region.example", "kim.@region.example", "k..m@region.example", "kåm@r.example",
        "kim@regiön.example", "kim@-region.example", '"k m"@region.example', "k" * 65 + "@region.example",
        "kim@" + "a." * 130 + "example", "kim\x00@region.example", "kim@region.example>", "",
    ],
)  # fmt: skip
def test_anything_else_is_refused_without_being_quoted(address: str) -> None:
    with pytest.raises(RecipientError) as caught:
        Mailbox(address)
    assert not address or address not in str(caught.value)


def test_a_language_is_swedish_or_english() -> None:
    with pytest.raises(RecipientError):
        Mailbox("kim@region.example", "fi")  # type: ignore[arg-type]


def test_a_mailbox_prints_no_address() -> None:
    assert "kim" not in repr(Mailbox("kim@region.example"))


def test_a_connection_prints_its_host_and_four_characters() -> None:
    shown = repr(TeamsConnection(SecretUrl(URL)))
    assert "default1.01.environment.api.powerplatform.com …" in shown
    assert "Secret-Signature" not in shown
    assert "Secret-Signature" not in str(SecretUrl(URL))


def test_a_secret_url_is_not_serialised() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(SecretUrl(URL))


def test_a_secret_url_is_not_copied_out() -> None:
    with pytest.raises(TypeError):
        copy.copy(SecretUrl(URL))


def test_equal_addresses_are_equal_secrets() -> None:
    assert {SecretUrl(URL), SecretUrl(URL)} == {SecretUrl(URL)}
