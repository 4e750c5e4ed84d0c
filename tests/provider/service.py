"""The service behind the sockets: takes requests one at a time, and keeps count."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from provider.account import TRAIN_KEY, Account
from provider.endpoints import done, found
from provider.life import Life, Manners
from provider.refusing import RefusedError
from provider.requests import Answer, Request, said


class Scripted:
    def __init__(self) -> None:
        self._lock = threading.RLock()
        self.reset()

    def reset(self) -> None:
        self.account = Account()
        self.requests: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()

    def answer(self, request: Request) -> Answer:
        try:
            endpoint, name = found(request)
        except RefusedError as refused:
            return said(refused.body, refused.status)
        with self._lock:
            self.requests[endpoint.kind] += 1
            self.keys[request.key] += 1
            return done(endpoint, name, self.account, request)

    def script(self, asked: dict[str, Any]) -> dict[str, Any]:
        """What isn't named stays as it is."""
        with self._lock:
            if asked.get("reset"):
                self.reset()
            if "life" in asked:
                self.account.life = Life(**asked["life"])
            if "lives" in asked:
                self.account.lives = [(where, Life(**life)) for where, life in asked["lives"]]
            if "manners" in asked:
                self.account.manners = Manners(**asked["manners"])
            for file in asked.get("gone", []):
                self.account.files.kept.pop(file, None)
        return {}

    @property
    def counts(self) -> dict[str, Any]:
        with self._lock:
            account = self.account
            return {
                "uploads": account.files.uploaded,
                "uploads_used": len(account.files_used),
                "files": [file.view for file in account.files.kept.values()],
                "jobs": [job.view for job in account.jobs.values()],
                "jobs_by_key": dict(Counter((j.asked.get("metadata") or {}).get(TRAIN_KEY, "") for j in account.jobs.values())),
                "requests": dict(self.requests),
                "keys": dict(self.keys),
                "dollars": account.dollars,
            }
