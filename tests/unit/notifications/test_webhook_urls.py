"""Which addresses may be posted to, and where they may lead."""

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.teams import (
    TeamsSettings,
    TeamsSettingsError,
    UrlFault,
    WebhookUrlError,
    check_webhook_url,
)
from notifications.channels.teams.addresses import is_public

HOST = "https://default0a1b.4c.environment.api.powerplatform.com"
PATH = "/powerautomate/automations/direct/workflows/abc/invoke?api-version=1&sp=%2Ft&sv=1.0&sig=S3cr3t"
SETTINGS = TeamsSettings(trusted_origins=frozenset({"https://localhost:9443"}))


@pytest.mark.parametrize(
    "url",
    [
        f"{HOST}{PATH}",
        f"{HOST}:443{PATH}",
        f"{HOST}/powerautomate/automations/direct/cu/07/workflows/abc/invoke?api-version=1&sig=S3cr3t",
        f"{HOST}{PATH}{'x' * 600}",
        "https://localhost:9443/powerautomate/x?sig=demo",
    ],
)
def test_a_workflow_address_is_kept_unchanged(url: str) -> None:
    assert check_webhook_url(url, SETTINGS).reveal() == url


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("https://region.webhook.office.com/webhookb2/x?sig=S3cr3t", UrlFault.RETIRED_CONNECTOR),
        ("https://outlook.office.com/webhook/x?sig=S3cr3t", UrlFault.RETIRED_CONNECTOR),
        (f"https://prod-12.westeurope.logic.azure.com:443{PATH}", UrlFault.RETIRED_LOGIC_APPS),
        (f"{HOST.replace('https', 'http')}{PATH}", UrlFault.NOT_HTTPS),
        (f"ftp://x.environment.api.powerplatform.com{PATH}", UrlFault.NOT_HTTPS),
        (f"{HOST}:8443{PATH}", UrlFault.PORT),
        (f"{HOST}/workflows/abc?api-version=1", UrlFault.NO_SIGNATURE),
        (f"{HOST}/workflows/abc?sig=", UrlFault.NO_SIGNATURE),
        (f"https://user:pw@x.environment.api.powerplatform.com{PATH}", UrlFault.USER_INFO),
        (f"https://x.environment.api.powerplatform.com@evil.example{PATH}", UrlFault.USER_INFO),
        (f"https://evil.example{PATH}", UrlFault.FOREIGN_HOST),
        (f"https://environment.api.powerplatform.com{PATH}", UrlFault.FOREIGN_HOST),
        (f"https://x.environment.api.powerplatform.com.evil.example{PATH}", UrlFault.FOREIGN_HOST),
        (f"https://evilenvironment.api.powerplatform.com{PATH}", UrlFault.FOREIGN_HOST),
        (f"https://localhost{PATH}", UrlFault.FOREIGN_HOST),
        (f"https://localhost:9444{PATH}", UrlFault.PORT),
        (f"https://169.254.169.254{PATH}", UrlFault.IP_ADDRESS),
        (f"https://10.0.0.1{PATH}", UrlFault.IP_ADDRESS),
        (f"https://[::1]{PATH}", UrlFault.IP_ADDRESS),
        (f"{HOST}\\@evil.example{PATH}", UrlFault.MALFORMED),
        (f"{HOST}{PATH}\r\nX: 1", UrlFault.MALFORMED),
        (f"{HOST}{PATH}\t", UrlFault.MALFORMED),
        (f" {HOST}{PATH}", UrlFault.MALFORMED),
        (f"{HOST}{PATH}#x", UrlFault.MALFORMED),
        (f"{HOST}:99999{PATH}", UrlFault.MALFORMED),
        (f"{HOST}:0{PATH}", UrlFault.MALFORMED),
        (f"https://-x.environment.api.powerplatform.com{PATH}", UrlFault.MALFORMED),
        (f"https://x..environment.api.powerplatform.com{PATH}", UrlFault.MALFORMED),
        (f"https://ex%61mple.environment.api.powerplatform.com{PATH}", UrlFault.MALFORMED),
        (f"https://exämple.environment.api.powerplatform.com{PATH}", UrlFault.MALFORMED),
        (f"{HOST}{PATH}{'x' * 2100}", UrlFault.MALFORMED),
        ("https://[::1", UrlFault.MALFORMED),
        ("", UrlFault.MALFORMED),
        ("Teams", UrlFault.MALFORMED),
    ],
)
def test_any_other_address_is_refused_with_its_cause(url: str, cause: UrlFault) -> None:
    with pytest.raises(WebhookUrlError) as caught:
        check_webhook_url(url, SETTINGS)
    assert caught.value.cause is cause


@pytest.mark.parametrize("cause", UrlFault)
@pytest.mark.parametrize("language", ["sv", "en"])
def test_every_cause_is_explained(cause: UrlFault, language: str) -> None:
    assert WebhookUrlError(cause).explain(language).endswith(".")


@given(st.text(max_size=60))
def test_no_text_is_ever_quoted_or_crashes(text: str) -> None:
    with pytest.raises(WebhookUrlError) as caught:
        check_webhook_url(f"https://{text}?sig=S3cr3t", SETTINGS)
    assert "S3cr3t" not in str(caught.value) + repr(caught.value)


def test_the_suffix_can_be_changed_when_microsoft_does() -> None:
    settings = TeamsSettings(allowed_suffixes=(".flows.example.com",))
    url = f"https://x.flows.example.com{PATH}"
    assert check_webhook_url(url, settings).reveal() == url


@pytest.mark.parametrize("suffix", ["", "powerplatform.com", ".com", ".POWERPLATFORM.com"])
def test_a_suffix_that_would_let_too_much_in_is_refused(suffix: str) -> None:
    with pytest.raises(TeamsSettingsError):
        TeamsSettings(allowed_suffixes=(suffix,))


@pytest.mark.parametrize(
    "origin", ["https://evil.example:443", "http://localhost:80", "https://localhost", "https://localhost:1/x", "x"]
)
def test_only_this_computer_can_be_trusted(origin: str) -> None:
    with pytest.raises(TeamsSettingsError):
        TeamsSettings(trusted_origins=frozenset({origin}))


@pytest.mark.parametrize("address", ["20.50.2.1", "93.184.216.34", "2603:1030:7::1", "::ffff:20.50.2.1"])
def test_an_ordinary_address_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1",
        "::1", "::", "fe80::1", "fc00::1", "fec0::1", "ff02::1", "2001:db8::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1",
        "2002:7f00:1::1", "2002:a00:1::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    ],
)  # fmt: skip
def test_an_inner_address_is_not_public_in_any_notation(address: str) -> None:
    assert not is_public(ip_address(address))
