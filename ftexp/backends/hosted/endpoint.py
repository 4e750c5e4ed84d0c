"""Where a hosted model answers, and with which key. Imports nothing of the SDK."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

from ftexp.backends.hosted.key_hosts import check_host
from ftexp.backends.providers import OpenAIProvider
from ftexp.errors import ConfigError
from ftexp.redaction import redacted

SHOWN_CHARACTERS = 300
SHORTEST_KEY = 16  # shorter ones are placeholders of services without keys, such as EMPTY: words that texts may well have
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
NO_KEY = "none"  # what is sent where a service takes no key: the SDK wants something


@dataclass(frozen=True)
class Endpoint:
    """`key_env` names the variable that `key` was read from; None: there is no key. `limit_name` is max_tokens for services that know
    no other.
    """

    base_url: str
    model: str
    key_env: str | None
    key: str = field(repr=False)
    limit_name: str = "max_completion_tokens"

    @property
    def is_secret(self) -> bool:
        return self.key_env is not None and len(self.key) >= SHORTEST_KEY

    def without_key(self, text: str) -> str:
        return text.replace(self.key, "[redacted key]") if self.is_secret else text

    def shown(self, said: str) -> str:
        """What a service said, as one line that is fit to be shown and kept: nothing secret, nothing that moves a cursor."""
        line = _UNPRINTABLE.sub(" ", redacted(self.without_key(said[: 10 * SHOWN_CHARACTERS])))
        return " ".join(line.split())[:SHOWN_CHARACTERS]


def endpoint_of(provider: OpenAIProvider, answers_as: str, environment: Mapping[str, str] = os.environ) -> Endpoint:
    """Of a model by the name under which it answers. Raises ConfigError with all that stands in the way of sending anything there."""
    variable = provider.api_key_env
    key = environment.get(variable, "") if variable else NO_KEY
    endpoint = Endpoint(provider.base_url, answers_as, variable, key, provider.token_limit)
    faults: list[str] = []
    try:
        check(endpoint)
    except ConfigError as error:
        faults += error.faults
    if variable and key:
        try:
            check_host(variable, provider.base_url, environment)
        except ConfigError as error:
            faults += error.faults
    if faults:
        raise ConfigError(*faults)
    return endpoint


def check(endpoint: Endpoint) -> None:
    """Raises ConfigError for an address that isn't fit for a key, and a key that isn't fit to be sent."""
    faults = [fault for fault in (_wrong_address(endpoint.base_url), _wrong_key(endpoint)) if fault]
    if faults:
        raise ConfigError(*faults)


def _wrong_address(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        return f"base_url: found an address that can't be read ({error}); expected one like https://api.openai.com/v1"
    if parts.username or parts.password or parts.query or parts.fragment:
        return f"base_url: found more than an address for the host {host}; expected no password, ? or # in it"
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and is_here(host))):
        return f"base_url: found {base_url}; expected https://, since a key isn't sent in the clear, or a service on this machine"
    return ""


def is_here(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _wrong_key(endpoint: Endpoint) -> str:
    if not endpoint.key:
        return f"{endpoint.key_env}: not set; set this environment variable to a key for {endpoint.base_url}"
    if not re.fullmatch(r"[\x21-\x7e]+", endpoint.key):
        return f"{endpoint.key_env}: holds spaces, line ends or other characters that no key has; set it again without them"
    return ""
