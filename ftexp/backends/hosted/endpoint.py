"""Where a hosted model answers, and a client for it that sends the key nowhere else."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx2
from openai import AsyncOpenAI

from ftexp.backends.hosted.key_hosts import address_of, host_fault
from ftexp.backends.hosted.wire import AsyncTransport
from ftexp.backends.providers import OpenAIProvider
from ftexp.errors import ConfigError
from ftexp.redaction import redacted
from ftexp.withheld import withhold, without_keys

SHOWN_CHARACTERS = 300
CONNECT_SECONDS = 20.0
NO_KEY = "none"  # what the SDK is told, which wants one and looks for it in the environment: keys are put in on the wire
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True)
class Endpoint:
    """`key_env` names the variable that `key` was read from; both are empty for a service without keys.

    `limit_name` is max_tokens for services that know no other.
    """

    base_url: str
    model: str
    key_env: str
    key: str = field(repr=False)
    limit_name: str = "max_completion_tokens"

    @property
    def key_said(self) -> str:
        return f"the key in {self.key_env}" if self.key_env else "a request without a key"

    def shown(self, said: str) -> str:
        """What a service said, as one line that is fit to be shown and kept: nothing secret, nothing that moves a cursor."""
        line = _UNPRINTABLE.sub(" ", redacted(without_keys(said[: 10 * SHOWN_CHARACTERS])))
        return " ".join(line.split())[:SHOWN_CHARACTERS]


def endpoint_of(provider: OpenAIProvider, model: str, environment: Mapping[str, str] = os.environ) -> Endpoint:
    """Raises ConfigError with everything that is wrong with the address, the key, and whether it may go there."""
    variable = provider.api_key_env or ""
    key = environment.get(variable, "") if variable else ""
    withhold(key)
    faults = [_key_fault(variable, key)]
    try:
        faults.append(host_fault(variable, address_of(provider.base_url), environment) if variable else "")
    except ConfigError as error:
        faults += error.faults
    if faults := list(filter(None, faults)):
        raise ConfigError(*faults)
    return Endpoint(provider.base_url, model, variable, key, provider.token_limit)


def client_of(endpoint: Endpoint, in_flight: int) -> AsyncOpenAI:
    """Follows no redirect, takes nothing from the environment and tries nothing twice by itself.

    Raises ConfigError where the key isn't fit to be sent, or not there.
    """
    check(endpoint)
    limits = httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)
    inner = httpx2.AsyncHTTPTransport(trust_env=False, limits=limits)
    web = httpx2.AsyncClient(
        transport=AsyncTransport(inner, endpoint.base_url, endpoint.key),
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),  # the whole of a request has a limit of its own
    )
    return AsyncOpenAI(api_key=NO_KEY, base_url=endpoint.base_url, max_retries=0, http_client=web)


def check(endpoint: Endpoint) -> None:
    """Raises ConfigError for an address that isn't fit for a key, and a key that isn't fit to be sent."""
    address_of(endpoint.base_url)
    withhold(endpoint.key)
    if fault := _key_fault(endpoint.key_env, endpoint.key):
        raise ConfigError(fault)


def _key_fault(variable: str, key: str) -> str:
    if variable and not key:
        return f"{variable}: not set; set this environment variable to a key of the service"
    if not re.fullmatch(r"[!#-\[\]-~]*", key):
        return f"{variable}: holds spaces, line ends, quotes or other characters that no key has; set it again without them"
    return ""
