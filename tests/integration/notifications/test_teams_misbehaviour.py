"""T7: whatever the workflow answers, a card is accepted, retried in its time, or failed with its reason."""

import json
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from demo.certificates import DemoCertificates
from notifications.channels.teams import TeamsChannel, TeamsSettings, WebhookUrlError
from notifications.outcomes import DeliveryFailed
from notifications.recipients import SecretUrl, TeamsConnection
from tests.examples.messages import NOW, notice
from tests.misbehaving.scripted_webhook import (
    Answer,
    ScriptedWebhook,
    babble,
    hang_up,
    scripted_webhook,
    trickle,
    wait_for_the_end,
)

ALLOWED = 0.4
WORKFLOW = "https://x.environment.api.powerplatform.com/workflows/x?sig=S3cr3t-Signature"


def channel_for(hook: ScriptedWebhook, cafile: Path) -> TeamsChannel:
    origins = frozenset({hook.origin})
    return TeamsChannel(
        TeamsSettings((".x.example",), origins, cafile, timeout=0.2, total_timeout=ALLOWED), lambda: NOW
    )


def try_once(hook: ScriptedWebhook, certificates: DemoCertificates) -> DeliveryFailed:
    with pytest.raises(DeliveryFailed) as caught:
        channel_for(hook, certificates.ca_file).send("key", TeamsConnection(SecretUrl(hook.url)), notice())
    return caught.value


@contextmanager
def ends_in_time() -> Iterator[None]:
    started = time.monotonic()
    yield
    assert time.monotonic() - started < ALLOWED + 1


def test_a_card_is_posted_to_the_whole_address_without_credentials(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context()) as hook:
        channel_for(hook, certificates.ca_file).send("key", TeamsConnection(SecretUrl(hook.url)), notice())
    assert hook.paths == ["/workflows/x/invoke?api-version=1&sp=%2Ftriggers&sig=S3cr3t-Signature"]
    assert hook.headers[0]["Host"] == f"localhost:{hook.port}"
    assert "Authorization" not in hook.headers[0]
    assert json.loads(hook.posted[0])["type"] == "message"


@pytest.mark.parametrize("status", [200, 202])
def test_accepted_is_all_we_claim(status: int, certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context(), Answer(status)) as hook:
        channel = channel_for(hook, certificates.ca_file)
        assert channel.send("key", TeamsConnection(SecretUrl(hook.url)), notice()).detail == str(status)


def test_a_rate_limit_tells_its_seconds(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context(), Answer(429, headers={"Retry-After": "17"})) as hook:
        failed = try_once(hook, certificates)
    assert (failed.code, failed.retry_after) == ("http_429", timedelta(seconds=17))


def test_a_rate_limit_tells_its_date(certificates: DemoCertificates) -> None:
    moment = format_datetime(NOW + timedelta(minutes=3), usegmt=True)
    with scripted_webhook(certificates.server_context(), Answer(429, headers={"Retry-After": moment})) as hook:
        failed = try_once(hook, certificates)
    assert failed.retry_after == timedelta(minutes=3)


def test_a_rate_limit_in_the_body_of_a_200_is_no_success(certificates: DemoCertificates) -> None:
    body = (
        b"Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId"
    )
    with scripted_webhook(certificates.server_context(), Answer(200, body)) as hook:
        failed = try_once(hook, certificates)
    assert (failed.code, failed.permanent) == ("http_429", False)


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_fault_of_theirs_may_be_tried_again(status: int, certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context(), Answer(status)) as hook:
        assert not try_once(hook, certificates).permanent


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int, certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context()) as target:
        elsewhere = Answer(status, headers={"Location": target.url})
        with scripted_webhook(certificates.server_context(), elsewhere) as hook:
            failed = try_once(hook, certificates)
    assert (failed.code, failed.permanent, target.posted) == ("http_redirect", True, [])


def test_silence_after_the_card_leaves_the_outcome_unknown(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context(), Answer(raw=wait_for_the_end)) as hook, ends_in_time():
        failed = try_once(hook, certificates)
    assert (failed.code, failed.unknown_outcome) == ("timeout_after_data", True)


def test_hanging_up_after_the_card_leaves_the_outcome_unknown(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context(), Answer(raw=hang_up)) as hook:
        failed = try_once(hook, certificates)
    assert (failed.code, failed.unknown_outcome) == ("disconnect_after_data", True)


def test_an_answer_byte_by_byte_is_cut_off(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context(), Answer(raw=trickle)) as hook, ends_in_time():
        failed = try_once(hook, certificates)
    assert failed.unknown_outcome


def test_an_endless_answer_is_read_no_further_than_needed(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context(), Answer(raw=babble)) as hook, ends_in_time():
        channel = channel_for(hook, certificates.ca_file)
        assert channel.send("key", TeamsConnection(SecretUrl(hook.url)), notice()).detail == "202"


def test_nothing_listens(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context()) as hook:
        pass
    failed = try_once(hook, certificates)
    assert (failed.code, failed.unknown_outcome) == ("connect", False)


def test_an_untrusted_certificate_is_refused(
    certificates: DemoCertificates, foreign_certificates: DemoCertificates
) -> None:
    with scripted_webhook(foreign_certificates.server_context()) as hook:
        failed = try_once(hook, certificates)
    assert (failed.code, failed.channel_broken, hook.posted) == ("http_tls_untrusted", True, [])


def test_a_certificate_for_another_host_is_refused(misnamed_certificates: DemoCertificates) -> None:
    with scripted_webhook(misnamed_certificates.server_context()) as hook:
        failed = try_once(hook, misnamed_certificates)
    assert (failed.code, hook.posted) == ("http_tls_untrusted", [])


def test_a_failure_carries_no_address(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context(), Answer(raw=hang_up)) as hook:
        failed = try_once(hook, certificates)
    assert "S3cr3t" not in f"{failed}{failed!r}{failed.args}{failed.__context__}{failed.__cause__}"


def test_an_address_that_is_not_trusted_here_is_not_called(certificates: DemoCertificates) -> None:
    with scripted_webhook(certificates.server_context()) as hook:
        channel = TeamsChannel(TeamsSettings(cafile=certificates.ca_file), lambda: NOW)
        with pytest.raises(WebhookUrlError):
            channel.send("key", TeamsConnection(SecretUrl(hook.url)), notice())
    assert hook.posted == []


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "64:ff9b::7f00:1"])
def test_a_public_name_with_an_inner_address_is_not_called(inner: str, monkeypatch: pytest.MonkeyPatch) -> None:
    connected: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: [(socket.AF_INET, 1, 6, "", (inner, 443))])
    monkeypatch.setattr(socket.socket, "connect", lambda _self, address: connected.append(address))
    with pytest.raises(DeliveryFailed) as caught:
        TeamsChannel(TeamsSettings(), lambda: NOW).send("key", TeamsConnection(SecretUrl(WORKFLOW)), notice())
    assert (caught.value.code, connected) == ("address_forbidden", [])


def test_the_address_that_was_judged_is_the_one_called(monkeypatch: pytest.MonkeyPatch) -> None:
    # DNS rebinding: a second look-up would give another answer. There is none.
    answers = iter([[(socket.AF_INET, 1, 6, "", ("20.50.2.1", 443))], [(socket.AF_INET, 1, 6, "", ("10.0.0.1", 443))]])
    connected: list[Any] = []

    def refuse(_self: socket.socket, address: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: next(answers))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    with pytest.raises(DeliveryFailed):
        TeamsChannel(TeamsSettings(), lambda: NOW).send("key", TeamsConnection(SecretUrl(WORKFLOW)), notice())
    assert connected == [("20.50.2.1", 443)]


def test_two_hundred_cards_pass_a_rate_limited_hook_and_none_before_its_time(certificates: DemoCertificates) -> None:
    clock = [datetime(2026, 3, 2, 8, 0, tzinfo=UTC)]
    opens_at = [clock[0]]
    too_early: list[int] = []

    def decide(number: int) -> Answer:
        if clock[0] < opens_at[0]:
            too_early.append(number)
        if number % 3 == 0:
            opens_at[0] = clock[0] + timedelta(seconds=12)
            return Answer(429, headers={"Retry-After": "12"})
        if number % 7 == 0:
            return Answer(200, b"Microsoft Teams endpoint returned HTTP error 429", {"Retry-After": "5"})
        return Answer()

    accepted = 0
    with scripted_webhook(certificates.server_context(), decide=decide) as hook:
        base = channel_for(hook, certificates.ca_file)
        channel = TeamsChannel(replace(base.settings, timeout=5.0, total_timeout=5.0), lambda: clock[0])
        to = TeamsConnection(SecretUrl(hook.url))
        while accepted < 200:
            try:
                channel.send("key", to, notice())
                accepted += 1
            except DeliveryFailed as failed:
                clock[0] += failed.retry_after or timedelta(seconds=10)
    assert (accepted, too_early) == (200, [])
    assert len(hook.posted) > 200
