"""Which host the key in an environment variable may be sent to: no config can send one elsewhere, whoever wrote it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from ftexp.errors import ConfigError

# Variables that services name in their own documentation, and the hosts of these services (read 2026-11).
KNOWN: Mapping[str, tuple[str, ...]] = {
    "OPENAI_API_KEY": ("api.openai.com", "eu.api.openai.com", "us.api.openai.com"),
    "AZURE_OPENAI_API_KEY": ("*.openai.azure.com", "*.services.ai.azure.com", "*.cognitiveservices.azure.com"),
    "NEBIUS_API_KEY": ("api.studio.nebius.com", "api.tokenfactory.nebius.com"),
    "TOGETHER_API_KEY": ("api.together.xyz", "api.together.ai"),
    "FIREWORKS_API_KEY": ("api.fireworks.ai",),
    "MISTRAL_API_KEY": ("api.mistral.ai",),
}
_PORTS = {"https": 443, "http": 80}


def check_host(variable: str, base_url: str, environment: Mapping[str, str] = os.environ) -> None:
    """Raises ConfigError where the key in `variable` isn't for this address.

    Of a variable that isn't known here another one, with _HOST behind its name, says which hosts its key is for: a config can't set
    environment variables, so only the user's own word counts.
    """
    host = host_of(base_url)
    beside = f"{variable}_HOST"
    allowed = KNOWN.get(variable) or tuple(h.strip().lower() for h in environment.get(beside, "").split(",") if h.strip())
    if any(_fits(host, each) for each in allowed):
        return
    if variable in KNOWN:
        raise ConfigError(
            f"model.provider.api_key_env: the key in {variable} goes to {' or '.join(allowed)} alone, and base_url is at {host}; "
            f"expected another variable, with this service's key: export OTHER_API_KEY=... OTHER_API_KEY_HOST={host}"
        )
    found = f"says {environment[beside]}" if environment.get(beside) else "isn't set"
    raise ConfigError(
        f"{beside}: {found}, and so the key in {variable} isn't sent to {host}; if it is for that host: export {beside}={host}"
    )


def host_of(base_url: str) -> str:
    """In lower case, with the port where it isn't the usual one. Raises ConfigError for an address that can't be read."""
    try:
        parts = urlsplit(base_url)
        name, port = (parts.hostname or "").rstrip(".").encode("idna").decode("ascii"), parts.port
    except ValueError as error:
        raise ConfigError(f"base_url: found an address that can't be read ({error}); expected one like https://api.openai.com/v1") from None
    return name if port in (None, _PORTS.get(parts.scheme)) else f"{name}:{port}"


def _fits(host: str, allowed: str) -> bool:
    """A star stands for one label. A host that is allowed without a port is allowed on the usual one alone, but for this machine."""
    if allowed in ("127.0.0.1", "localhost", "[::1]", "::1"):
        return host.rpartition(":")[0] == allowed or host == allowed
    return fnmatchcase(host, allowed) and host.count(".") == allowed.count(".")
