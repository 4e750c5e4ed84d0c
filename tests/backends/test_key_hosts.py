"""A key goes to its own host alone, whatever a config says: addresses that only look like one are among these."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftexp.backends.hosted.endpoint import endpoint_of
from ftexp.backends.hosted.key_hosts import OWN_HOSTS, Address, address_of, keys_in
from ftexp.backends.providers import OpenAIProvider
from ftexp.compose import compose
from ftexp.errors import ConfigError

KEY = "-".join(("key", "0123456789abcdef" * 2))


@pytest.fixture(scope="module")
def provider() -> OpenAIProvider:
    words = ["model=compatible", "model.provider.model=m", "model.provider.base_url=https://api.example.com/v1"]
    found = compose(words, Path()).config.model.provider
    assert isinstance(found, OpenAIProvider)
    return found


def refused(provider: OpenAIProvider, variable: str, base_url: str, **environment: str) -> str:
    asked = provider.model_copy(update={"api_key_env": variable, "base_url": base_url})
    with pytest.raises(ConfigError) as caught:
        endpoint_of(asked, "m", {variable: KEY, **environment})
    assert KEY not in str(caught.value)
    return str(caught.value)


ALLOWED = [
    ("OPENAI_API_KEY", "https://api.openai.com/v1"),
    ("OPENAI_API_KEY", "https://API.OpenAI.com:443/v1/"),
    ("AZURE_OPENAI_API_KEY", "https://mine.openai.azure.com/openai/v1/"),
    ("AZURE_OPENAI_API_KEY", "https://mine.services.ai.azure.com/openai/v1"),
    ("NEBIUS_API_KEY", "https://api.tokenfactory.nebius.com/v1/"),
]


@pytest.mark.parametrize(("variable", "base_url"), ALLOWED)
def test_a_services_own_key_goes_to_the_service(provider: OpenAIProvider, variable: str, base_url: str) -> None:
    asked = provider.model_copy(update={"api_key_env": variable, "base_url": base_url})
    assert endpoint_of(asked, "m", {variable: KEY}).key == KEY


ELSEWHERE = [
    "https://evil.example/v1",
    "https://api.openai.com.evil.example/v1",
    "https://evil.example/api.openai.com",
    "https://evilapi.openai.com/v1",
    "https://api.openai.com./v1",
    "https://openai.com/v1",
    "https://x.api.openai.com/v1",
    "https://api.openai.com:8443/v1",
    "https://api.openai.com:80/v1",
    "https://xn--pi-7kc.openai.com/v1",
    "https://localhost/v1",
    "http://127.0.0.1:8000/v1",
    "http://[::1]:8000/v1",
]


@pytest.mark.parametrize("base_url", ELSEWHERE)
def test_a_known_key_goes_nowhere_else_not_even_by_a_variable(provider: OpenAIProvider, base_url: str) -> None:
    host = base_url.split("/")[2]
    told = refused(provider, "OPENAI_API_KEY", base_url, OPENAI_API_KEY_HOST=host)
    assert "OPENAI_API_KEY is a key of api.openai.com" in told and "goes nowhere else" in told


@pytest.mark.parametrize(
    "base_url", ["https://a.b.openai.azure.com/", "https://openai.azure.com/", "https://x.openai.azure.com.evil.example/"]
)
def test_a_star_stands_for_one_part_of_a_name(provider: OpenAIProvider, base_url: str) -> None:
    assert "goes nowhere else" in refused(provider, "AZURE_OPENAI_API_KEY", base_url)


UNFIT = [
    "https://api.openai.com@evil.example/v1",
    "https://api.openai.com:443@evil.example/v1",
    "https://evil.example\\@api.openai.com/v1",
    "https://evil.example#@api.openai.com/v1",
    "https://evil.example?@api.openai.com/v1",
    "https://me:word@api.openai.com/v1",
    "https://аpi.openai.com/v1",  # a Cyrillic letter
    "https://api.openai.com\uff0fevil.example/v1",
    "https://api\u3002openai.com/v1",
    "https://api.openai.com%2eevil.example/v1",
    "https://api.openai.com\n.evil.example/v1",
    "https://api.openai.com /v1",
    "https:///v1",
    "https:/evil.example",
    "https://evil.example/v1?key=1",
    "https://evil.example/v1/https://api.openai.com",
    "https://[::1",
    "https://api.openai.com:99999999/v1",
    "http://api.openai.com/v1",
    "http://127.0.0.1.evil.example/v1",
    "http://2130706433/v1",
    "http://localhost.evil.example/v1",
    "HTTP://127.0.0.1/v1",
]


@pytest.mark.parametrize("base_url", UNFIT)
def test_what_is_not_plainly_one_safe_address_is_refused(provider: OpenAIProvider, base_url: str) -> None:
    told = refused(provider, "OPENAI_API_KEY", base_url)
    assert told.startswith("model.provider.base_url: found ") and "expected " in told and "word@" not in told


def test_another_variable_needs_the_users_word_for_its_host(provider: OpenAIProvider) -> None:
    told = refused(provider, "EXAMPLE_API_KEY", "https://api.example.com/v1")
    assert told.endswith("if it is for api.example.com: export EXAMPLE_API_KEY_HOST=api.example.com")
    told = refused(provider, "EXAMPLE_API_KEY", "https://api.example.com:8443/v1", EXAMPLE_API_KEY_HOST="api.example.com")
    assert told.endswith("export EXAMPLE_API_KEY_HOST=api.example.com:8443")
    assert "goes nowhere else" in refused(provider, "EXAMPLE_API_KEY", "https://evil.example", EXAMPLE_API_KEY_HOST="api.example.com")
    assert "EXAMPLE_API_KEY_HOST" in refused(provider, "EXAMPLE_API_KEY", "https://evil.example", EXAMPLE_API_KEY_HOST="*,, ")


@pytest.mark.parametrize(
    ("named", "base_url"),
    [
        ("api.example.com", "https://api.example.com/v1"),
        ("other.example, API.example.com", "https://api.example.com/v1"),
        ("api.example.com:8443", "https://api.example.com:8443/v1"),
        ("127.0.0.1", "http://127.0.0.1:8000/v1"),
        ("[::1]:8000", "http://[::1]:8000/v1"),
    ],
)
def test_the_users_word_is_a_host_or_several_with_their_ports(provider: OpenAIProvider, named: str, base_url: str) -> None:
    asked = provider.model_copy(update={"api_key_env": "EXAMPLE_API_KEY", "base_url": base_url})
    assert endpoint_of(asked, "m", {"EXAMPLE_API_KEY": KEY, "EXAMPLE_API_KEY_HOST": named}).key_env == "EXAMPLE_API_KEY"


def test_everything_that_is_wrong_is_told_at_once(provider: OpenAIProvider) -> None:
    asked = provider.model_copy(update={"api_key_env": "EXAMPLE_API_KEY"})
    with pytest.raises(ConfigError) as caught:
        endpoint_of(asked, "m", {})
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["EXAMPLE_API_KEY", "model.provider.api_key_env"]


def test_a_service_without_keys_is_sent_none(provider: OpenAIProvider) -> None:
    found = endpoint_of(provider.model_copy(update={"api_key_env": None}), "m", {"OPENAI_API_KEY": KEY})
    assert (found.key, found.key_env) == ("", None)


def test_every_known_host_is_one_that_an_address_can_have() -> None:
    for hosts in OWN_HOSTS.values():
        for host in hosts:
            assert address_of(f"https://{host.replace('*', 'mine')}/v1") == Address("https", host.replace("*", "mine"), 443)


def test_variables_that_hold_keys_are_known_by_their_names() -> None:
    assert keys_in({"OPENAI_API_KEY": "a", "MY_API_KEY": "b", "MY_API_KEY_HOST": "x", "HOME": "c", "NEBIUS_API_KEY": ""}) == ["a", "b"]
