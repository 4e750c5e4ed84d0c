"""Where a hosted model answers, and a client for it that sends the key nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpx2
from openai import AsyncOpenAI

from ftexp.errors import ConfigError
from ftexp.redaction import redacted

SHOWN_CHARACTERS = 300
CONNECT_SECONDS = 20.0
SHORTEST_KEY = 16  # shorter ones are placeholders of services without keys, such as EMPTY: words that texts may well have
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True)
class Endpoint:
    """`key_env` names the variable that `key` was read from. `limit_name` is max_tokens for services that know no other."""

    base_url: str
    model: str
    key_env: str
    key: str = field(repr=False)
    limit_name: str = "max_completion_tokens"

    def without_key(self, text: str) -> str:
        return text.replace(self.key, "[redacted key]") if len(self.key) >= SHORTEST_KEY else text

    def shown(self, said: str) -> str:
        """What a service said, as one line that is fit to be shown and kept: nothing secret, nothing that moves a cursor."""
        line = _UNPRINTABLE.sub(" ", redacted(self.without_key(said[: 10 * SHOWN_CHARACTERS])))
        return " ".join(line.split())[:SHOWN_CHARACTERS]


def client_of(endpoint: Endpoint, in_flight: int) -> AsyncOpenAI:
    """Follows no redirect, takes no proxy from the environment and tries nothing twice by itself.

    Raises ConfigError where the key isn't fit to be sent, or not there.
    """
    _check_address(endpoint.base_url)
    _check_key(endpoint)
    web = httpx2.AsyncClient(
        follow_redirects=False,
        trust_env=False,
        timeout=httpx2.Timeout(None, connect=CONNECT_SECONDS),  # the whole of a request has a limit of its own
        limits=httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight),
    )
    return AsyncOpenAI(api_key=endpoint.key, base_url=endpoint.base_url, max_retries=0, http_client=web)


def _check_address(base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        raise ConfigError(f"base_url: found an address that can't be read ({error}); expected one like https://api.openai.com/v1") from None
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ConfigError(f"base_url: found more than an address for the host {host}; expected no password, ? or # in it")
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))):
        raise ConfigError(
            f"base_url: found {base_url}; expected https://, since a key isn't sent in the clear, or a service on this machine"
        )


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _check_key(endpoint: Endpoint) -> None:
    if not endpoint.key:
        raise ConfigError(f"{endpoint.key_env}: not set; set this environment variable to a key for {endpoint.base_url}")
    if not re.fullmatch(r"[\x21-\x7e]+", endpoint.key):
        raise ConfigError(f"{endpoint.key_env}: holds spaces, line ends or other characters that no key has; set it again without them")
