"""The service behind the sockets: takes requests one at a time, and keeps count."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

from provider.account import TRAIN_KEY, Account
from provider.endpoints import done, found, kind
from provider.faults import Rule, answer_with
from provider.judging import judge
from provider.life import Life, Manners
from provider.refusing import RefusedError
from provider.requests import Answer, Request, said


class Scripted:
    def __init__(self, validates: bool) -> None:
        self.judge = judge() if validates else None
        self._lock = threading.RLock()
        self._released = threading.Event()
        self.elsewhere = ""
        self.reset()

    def reset(self) -> None:
        self.account = Account()
        self.requests: Counter[str] = Counter()
        self.keys: Counter[str] = Counter()
        self.violations: list[str] = []
        self.led_elsewhere: list[dict[str, Any]] = []
        self._follow([])

    def _follow(self, rules: list[Rule]) -> None:
        self.rules = rules
        self._matched: Counter[int] = Counter()
        self.fired: Counter[int] = Counter()

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.keys[request.key] += 1
            self.requests[kind(request)] += 1
            wrong = self.judge.request(request) if self.judge else ""
        if wrong:
            self.violations.append(wrong)
            return said(RefusedError(400, wrong).body, 400)
        rule = self._struck(request)
        if rule is None:
            return self._done(request)
        return answer_with(rule, request, lambda: self._done(request), self._hold, lambda: self.elsewhere)

    def _struck(self, request: Request) -> Rule | None:
        """The first of the rules that strikes; all that match count the request."""
        with self._lock:
            struck = None
            for place, rule in enumerate(self.rules):
                if rule.matches(request):
                    self._matched[place] += 1
                    if struck is None and rule.strikes(self._matched[place]):
                        struck = rule
                        self.fired[place] += 1
            return struck

    def _hold(self, seconds: float | None) -> None:
        self._released.wait(seconds)

    def release(self) -> None:
        """Lets go of all that hang, not of those that will."""
        with self._lock:
            self._released.set()
            self._released = threading.Event()

    def _done(self, request: Request) -> Answer:
        try:
            endpoint, name = found(request)
        except RefusedError as refused:
            return said(refused.body, refused.status)
        with self._lock:
            answer = done(endpoint, name, self.account, request)
            wrong = self.judge.answer(endpoint.kind, answer.status, answer.value) if self.judge and answer.value is not None else ""
            if wrong:
                self.violations.append(wrong)
            return answer

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
            if "rules" in asked:
                self._follow([Rule(**rule) for rule in asked["rules"]])
            if asked.get("release"):
                self.release()
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
                "fired": [self.fired[place] for place in range(len(self.rules))],
                "violations": list(self.violations),
                "led_elsewhere": list(self.led_elsewhere),
                "dollars": account.dollars,
            }
