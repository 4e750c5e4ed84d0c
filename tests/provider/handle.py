"""The service as a test holds it: by its address, whichever process it runs in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any
from urllib.request import Request, urlopen

from provider.faults import Rule
from provider.life import Life, Manners
from provider.service import Scripted
from provider.sockets import listening


@dataclass(frozen=True)
class Provider:
    """`counts` has a field for each figure; see Scripted.counts."""

    base_url: str

    def script(
        self,
        life: Life | None = None,
        manners: Manners | None = None,
        lives: Iterable[tuple[Mapping[str, Any], Life]] | None = None,
        rules: Iterable[Rule] | None = None,
        gone: Iterable[str] = (),
        release: bool = False,
        reset: bool = False,
    ) -> None:
        """What isn't named stays as it is. `lives`: of jobs whose creation request holds these fields; `gone`: files that vanish.

        `rules` replaces all rules, whose counting begins anew; `release` lets go of what hangs; `reset` forgets everything first.
        """
        asked: dict[str, Any] = {"reset": reset, "release": release, "gone": list(gone)}
        if rules is not None:
            asked["rules"] = [asdict(rule) for rule in rules]
        if life:
            asked["life"] = asdict(life)
        if manners:
            asked["manners"] = asdict(manners)
        if lives is not None:
            asked["lives"] = [(dict(where), asdict(life)) for where, life in lives]
        self._post("/_script", asked)

    @property
    def counts(self) -> Any:
        return SimpleNamespace(**self._post("/_counts", {}))

    @property
    def violations(self) -> list[str]:
        """Requests and answers that OpenAI's document doesn't allow."""
        found: list[str] = self.counts.violations
        return found

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = Request(self.base_url.removesuffix("/v1") + path, json.dumps(body).encode(), method="POST")
        with urlopen(request) as response:
            found: dict[str, Any] = json.load(response)
        return found


@contextmanager
def provider(
    life: Life | None = None, manners: Manners | None = None, rules: Iterable[Rule] | None = None, port: int = 0, validates: bool = True
) -> Iterator[Provider]:
    """In this process."""
    scripted = Scripted(validates)
    with listening(scripted, port) as found:
        handle = Provider(f"http://127.0.0.1:{found}/v1")
        handle.script(life, manners, rules=rules)
        yield handle
