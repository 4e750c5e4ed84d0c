"""Where a hosted model answers, and with which key. Imports nothing of the SDK."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ftexp.backends.hosted.key_hosts import address_of, host_fault
from ftexp.backends.providers import OpenAIProvider
from ftexp.errors import ConfigError
from ftexp.redaction import redacted
from ftexp.withheld import withhold, without_keys

SHOWN_CHARACTERS = 300
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True)
class Endpoint:
    """`key_env` names the variable that `key` was read from; None, and an empty key, for a service without keys.

    `limit_name` is max_tokens for services that know no other.
    """

    base_url: str
    model: str
    key_env: str | None
    key: str = field(repr=False)
    limit_name: str = "max_completion_tokens"

    @property
    def key_said(self) -> str:
        return f"the key in {self.key_env}" if self.key_env else "a request without a key"

    def shown(self, said: str) -> str:
        """What a service said, as one line that is fit to be shown and kept: nothing secret, nothing that moves a cursor."""
        line = _UNPRINTABLE.sub(" ", redacted(without_keys(said[: 10 * SHOWN_CHARACTERS])))
        return " ".join(line.split())[:SHOWN_CHARACTERS]


def endpoint_of(provider: OpenAIProvider, answers_as: str, environment: Mapping[str, str] = os.environ) -> Endpoint:
    """Of a model by the name under which it answers. Raises ConfigError with all that stands in the way of sending anything there."""
    variable = provider.api_key_env
    key = environment.get(variable, "") if variable else ""
    withhold(key)
    endpoint = Endpoint(provider.base_url, answers_as, variable, key, provider.token_limit)
    faults = [_address_fault(endpoint), _key_fault(endpoint)]
    if variable and not faults[0]:
        faults.append(host_fault(variable, address_of(provider.base_url), environment))
    if faults := list(filter(None, faults)):
        raise ConfigError(*faults)
    return endpoint


def check(endpoint: Endpoint) -> None:
    """Raises ConfigError for an address that isn't fit for a key, and a key that isn't fit to be sent."""
    if faults := list(filter(None, (_address_fault(endpoint), _key_fault(endpoint)))):
        raise ConfigError(*faults)


def _address_fault(endpoint: Endpoint) -> str:
    try:
        address_of(endpoint.base_url)
    except ConfigError as error:
        return str(error)
    return ""


def _key_fault(endpoint: Endpoint) -> str:
    if endpoint.key_env and not endpoint.key:
        return f"{endpoint.key_env}: not set; set this environment variable to a key of the service"
    if not re.fullmatch(r"[!#-\[\]-~]*", endpoint.key):
        return f"{endpoint.key_env}: holds spaces, line ends, quotes or other characters that no key has; set it again without them"
    return ""
