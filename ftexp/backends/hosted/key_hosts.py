"""Which host the key in an environment variable may be sent to: no config, and nobody's server, can ask for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address

from ftexp.errors import ConfigError

# The variables that services name in their own documentation, and whose hosts these are; `*` stands for one part of a name.
OWN_HOSTS: Mapping[str, tuple[str, ...]] = {
    "OPENAI_API_KEY": ("api.openai.com", "eu.api.openai.com", "us.api.openai.com"),  # platform.openai.com/docs/api-reference, read 2026-11
    # learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle, read 2026-11; the last for resources from before Foundry
    "AZURE_OPENAI_API_KEY": ("*.openai.azure.com", "*.services.ai.azure.com", "*.cognitiveservices.azure.com"),
    # docs.tokenfactory.nebius.com/api-reference/introduction, read 2026-11; the second is its address from when it was AI Studio
    "NEBIUS_API_KEY": ("api.tokenfactory.nebius.com", "api.studio.nebius.com"),
    "TOGETHER_API_KEY": ("api.together.ai", "api.together.xyz"),  # docs.together.ai/docs/inference/openai-compatibility, read 2026-11
    "FIREWORKS_API_KEY": ("api.fireworks.ai",),  # docs.fireworks.ai/tools-sdks/openai-compatibility, read 2026-11
    "MISTRAL_API_KEY": ("api.mistral.ai",),  # docs.mistral.ai/api, read 2026-11
}
# So narrow that no two readers of an address can see different hosts in it: no user name, no %, no letter outside of ASCII.
_ADDRESS = re.compile(r"(https?)://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::([0-9]{1,5}))?(/[A-Za-z0-9/._~-]*)?", re.ASCII)
_DEFAULT_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True)
class Address:
    """Of a service; `host` in small letters, IPv6 in brackets."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        """As a variable names it: with the port where that isn't the usual one."""
        return self.host if self.port == _DEFAULT_PORTS[self.scheme] else f"{self.host}:{self.port}"

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine."""
        try:
            return self.host == "localhost" or ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False


def address_of(base_url: str) -> Address:
    """Raises ConfigError for what isn't plainly one address, and for one that isn't encrypted on its way to another machine."""
    found = _ADDRESS.fullmatch(base_url)
    if found is None:
        raise ConfigError(f"model.provider.base_url: {_unlike(base_url)}")
    scheme, host, port, _ = found.groups()
    address = Address(scheme, host.lower(), int(port) if port else _DEFAULT_PORTS[scheme])
    if scheme == "http" and not address.is_here:
        raise ConfigError(
            f"model.provider.base_url: found {base_url}; expected https://, as nothing is sent in the clear, or a service on this machine"
        )
    return address


def _unlike(base_url: str) -> str:
    """An address with an @ is not repeated: before it may be a password."""
    expected = "expected an address like https://api.openai.com/v1, without a user, a password, ? or #, a host outside of ASCII as xn--…"
    return f"found {'more than an address' if '@' in base_url else ascii(base_url)}; {expected}"


def host_fault(variable: str, address: Address, environment: Mapping[str, str]) -> str:
    """Why the key in `variable` may not be sent to `address`; empty where it may.

    Of a variable that isn't known here another one, with _HOST behind its name, says whose the key is: a config can't set environment
    variables. A host of this machine stands for all of its ports there, others for their usual one.
    """
    key = f"model.provider.api_key_env: {variable}"
    if variable in OWN_HOSTS:
        if any(_is_one_of(str(address), host) for host in OWN_HOSTS[variable]):
            return ""
        hosts = " or ".join(OWN_HOSTS[variable])
        return f"{key} is a key of {hosts} and goes nowhere else, not to {address}; keep that service's own key in a variable of its own"
    named = environment.get(f"{variable}_HOST", "")
    if any(host.strip().lower() in (str(address), address.host if address.is_here else "") for host in named.split(",") if host.strip()):
        return ""
    export = f"export {variable}_HOST={address}"
    if named.strip():
        return f"{key} is a key of {named!a} as {variable}_HOST says, and goes nowhere else; if it is for {address} as well: {export}"
    return f"{key} may be a key of anybody's; a config can't say whose, so say it yourself if it is for {address}: {export}"


def _is_one_of(address: str, host: str) -> bool:
    return fnmatchcase(address, host) and address.count(".") == host.count(".")


def keys_in(environment: Mapping[str, str]) -> list[str]:
    """Values of the variables that are known to hold keys: those of services, and those that a host is named for."""
    named = [name.removesuffix("_HOST") for name in environment if name.endswith("_KEY_HOST")]
    return [environment[name] for name in (*OWN_HOSTS, *named) if environment.get(name)]
