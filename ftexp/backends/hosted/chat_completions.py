"""Answers through an OpenAI-compatible chat completions endpoint: many requests at a time, one at most for each item."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

import httpx2
from openai import AsyncOpenAI, OpenAIError

from ftexp.backends.hosted.completion import MalformedError, reply_of, sent_messages
from ftexp.backends.hosted.connection import async_client
from ftexp.backends.hosted.endpoint import Endpoint
from ftexp.backends.hosted.faults import Fault, fault_of
from ftexp.backends.hosted.keeping import kept_beside
from ftexp.backends.hosted.patience import Patience, Pause, Sleep
from ftexp.backends.kept import Batch, KeptBatches
from ftexp.backends.results import Answers, Generation, Reply
from ftexp.data.messages import Message
from ftexp.errors import ModelError

Prompts = Sequence[Sequence[Message]]
Reached = Callable[[int, str], None]  # told how many items are done so far, and a remark


def answers(
    endpoint: Endpoint,
    prompts: Prompts,
    generation: Generation,
    in_flight: int,
    reached: Reached,
    kept: KeptBatches | None = None,
    patience: Patience | None = None,
    rng: Random | None = None,
    sleep: Sleep = asyncio.sleep,
) -> Answers:
    """A reply to each prompt at temperature 0, with at most `in_flight` requests at a time; what was `kept` isn't asked again.

    An item that the service refuses, or that stays without an answer, has the reason in its reply's `error`; only the latter is asked
    again by another attempt. A reply's `seconds` are those of the request that brought it. Raises ConfigError for a key or an address
    that isn't fit for use, ModelError where the service can't answer at all. An interrupt leaves all that came in `kept`.
    """
    started = time.monotonic()
    before = {b.number: b for b in (kept.read() if kept else {}).values() if b.number < len(prompts) and len(b.replies) == 1}
    left = [i for i in range(len(prompts)) if i not in before]
    with kept_beside(kept) as keep:
        asking = _Asking(endpoint, prompts, generation, keep, reached, patience or Patience(), rng or Random(), sleep)
        asking.replies = {number: batch.replies[0] for number, batch in before.items()}
        if left:
            asyncio.run(asking.ask(left, in_flight))
    return Answers(
        replies=tuple(asking.replies[i] for i in range(len(prompts))),
        batch_plan=tuple((i,) for i in range(len(prompts))),
        seconds=sum(b.seconds for b in before.values()) + time.monotonic() - started,
    )


class _Asking:
    """One attempt at the items that are left. `replies` grows as they come."""

    def __init__(
        self,
        endpoint: Endpoint,
        prompts: Prompts,
        generation: Generation,
        keep: Callable[[Batch], None],
        reached: Reached,
        patience: Patience,
        rng: Random,
        sleep: Sleep,
    ) -> None:
        self.endpoint, self.prompts, self.generation, self.keep = endpoint, prompts, generation, keep
        self.reached, self.patience, self.rng, self.sleep = reached, patience, rng, sleep
        self.replies: dict[int, Reply] = {}
        self.given_up_in_a_row = self.came = self.unscored = 0
        self.started = self.last_came = time.monotonic()

    async def ask(self, left: Sequence[int], in_flight: int) -> None:
        self.pause = Pause(self.patience, self.rng, self.sleep)
        items = iter(left)  # shared: what one has taken, no other one takes
        try:
            async with async_client(self.endpoint, in_flight) as client, asyncio.TaskGroup() as group:
                for _ in range(min(in_flight, len(left))):
                    group.create_task(self._work(client, items))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None  # the first one ended the others

    async def _work(self, client: AsyncOpenAI, items: Iterator[int]) -> None:
        for i in items:
            self.replies[i] = await self._reply(client, i)
            self.unscored += bool(self.replies[i].error)
            rate = f"{self.came / (time.monotonic() - self.started):.1f} answers/s"
            self.reached(len(self.replies), f"{rate}, {self.unscored} unscored" if self.unscored else rate)

    async def _reply(self, client: AsyncOpenAI, i: int) -> Reply:
        """Asks until it is answered, refused or given up. To be told to wait is no failed try."""
        failures = 0
        while True:
            await self.pause.over()
            found = await self._request(client, i)
            if isinstance(found, Reply):
                return self._came(i, found)
            match found.kind:
                case "refused":
                    return self._came(i, _without_answer(found.reason))
                case "stop" if found.is_missing and self._may_appear():
                    self.reached(len(self.replies), "waiting until the model answers")
                    await self.pause.hold(self.patience.appears_within_seconds / 90)
                case "stop":
                    raise self._stop(found.reason)
                case "busy":
                    await self._wait_together(found)
                case "passing":
                    failures += 1
                    if failures >= self.patience.tries:
                        return self._give_up(found.reason)
                    await self.sleep(self.patience.wait_seconds(failures, self.rng))

    def _may_appear(self) -> bool:
        return not self.came and time.monotonic() - self.started < self.patience.appears_within_seconds

    async def _request(self, client: AsyncOpenAI, i: int) -> Reply | Fault:
        """By the SDK's plain `post`, since the bytes of the answer are wanted and not its lenient reading of them."""
        limit = {self.endpoint.limit_name: self.generation.max_new_tokens}
        asked = {"model": self.endpoint.model, "messages": sent_messages(self.prompts[i]), "temperature": 0, **limit}
        started = time.monotonic()
        try:
            async with asyncio.timeout(self.patience.request_seconds):
                response = await client.post("/chat/completions", body=asked, cast_to=httpx2.Response)
            return reply_of(response.content, time.monotonic() - started)
        except (OpenAIError, MalformedError, TimeoutError, UnicodeError) as error:
            return fault_of(error, self.endpoint)

    def _came(self, i: int, reply: Reply) -> Reply:
        """Kept at once. A batch's seconds are those since the one before it, so that all add up to the clock's."""
        now = time.monotonic()
        self.keep(Batch(number=i, replies=(reply,), seconds=now - self.last_came))
        self.last_came = now
        self.pause.in_a_row = self.given_up_in_a_row = 0
        self.came += 1
        return reply

    def _give_up(self, reason: str) -> Reply:
        """Not kept, since no answer came."""
        self.given_up_in_a_row += 1
        if self.given_up_in_a_row >= self.patience.given_up:
            raise self._stop(f"{self.given_up_in_a_row} items in a row got no answer ({reason})")
        return _without_answer(f"no answer in {self.patience.tries} tries; the last: {reason}")

    async def _wait_together(self, fault: Fault) -> None:
        if (fault.wait_seconds or 0) > self.patience.longest_pause_seconds:
            raise self._stop(f"{fault.reason}; it asks to wait for {fault.wait_seconds:.0f} s")
        if self.pause.in_a_row >= self.patience.pauses:
            raise self._stop(f"{fault.reason}; no answer came after {self.pause.in_a_row} waits in a row")
        self.reached(len(self.replies), "waiting, as the service asks")
        await self.pause.hold(fault.wait_seconds)

    def _stop(self, reason: str) -> ModelError:
        done = f"{len(self.replies)} of {len(self.prompts)} items are done"
        return ModelError(f"{self.endpoint.base_url}: {reason}. {done}; the same command goes on from there")


def _without_answer(reason: str) -> Reply:
    return Reply(text="", tokens_in=0, tokens_out=0, error=reason)
