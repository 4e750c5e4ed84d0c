"""Answers a second through a service with many requests in flight, against one request after another.

    python benchmarks/hosted_answers.py [--quick]

The service is a process of its own on a loopback address and takes 50 ms for an answer. 5 % of what it sends is a fault: a 429 that asks
for 20 ms, a 500, a connection cut in the middle, or malformed JSON; which ones, a seed says. It counts what it sent for each item.
Both sides are the same code with every answer kept on disk. Ends with 1 where an item is lost, answered twice or asked after its answer.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import platform
import sys
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory

from peer_rounds import quick_wanted

from ftexp.backends.hosted.chat_completions import answers
from ftexp.backends.hosted.endpoint import Endpoint
from ftexp.backends.kept import KeptBatches
from ftexp.backends.local.machine import processor
from ftexp.backends.results import Generation
from ftexp.data.messages import Message

AIM = 10.0
ANSWER_SECONDS, FAULT_SHARE, IN_FLIGHT = 0.05, 0.05, 16
FAULTS = ("429", "500", "cut", "malformed")


@dataclass(frozen=True)
class Size:
    many: int
    one_by_one: int
    rounds: int


FULL, QUICK = Size(many=800, one_by_one=160, rounds=3), Size(many=160, one_by_one=16, rounds=1)


@dataclass
class Served:
    """What the service sent: how often each item was answered, how often it was asked after that, how often each fault was sent."""

    answered: Counter[str] = field(default_factory=Counter)
    asked_again: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Measured:
    """`wrong` counts the items that were lost, answered twice or asked after their answer, or that have another one's answer."""

    seconds_an_item: float
    scored: int
    unscored: int
    wrong: int
    faults: Counter[str]


def main() -> None:
    size = QUICK if quick_wanted("answers with many requests in flight against one after another") else FULL
    print(f"{processor()}, {platform.system()} {platform.machine()}, Python {platform.python_version()}")
    print(f"a service that takes {ANSWER_SECONDS * 1000:.0f} ms an answer, {FAULT_SHARE:.0%} faults; {IN_FLIGHT} in flight")
    ratios, wrong = [], 0
    for number in range(size.rounds):
        many, single = measured(size.many, IN_FLIGHT, seed=number), measured(size.one_by_one, 1, seed=number)
        ratios.append(single.seconds_an_item / many.seconds_an_item)
        wrong += many.wrong + single.wrong
        show("in flight", size.many, many)
        show("one by one", size.one_by_one, single)
        print(f"  ratio {ratios[-1]:.1f}")
    print(f"times one by one, median of {len(ratios)}: {median(ratios):.1f} (aim {AIM:g})")
    print(f"items lost, answered twice or asked after their answer: {wrong} (aim 0)")
    sys.exit(1 if wrong else 0)


def show(how: str, items: int, m: Measured) -> None:
    faults = ", ".join(f"{m.faults[name]} {name}" for name in FAULTS)
    print(f"{how:>10}: {items} items, {m.seconds_an_item * 1000:.1f} ms each; {m.scored} scored, {m.unscored} unscored; faults: {faults}")


def measured(count: int, in_flight: int, seed: int) -> Measured:
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    service = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs, seed), daemon=True)
    service.start()
    endpoint = Endpoint(f"http://127.0.0.1:{ours.recv()}/v1", "model-1", "NO_KEY", "EMPTY")
    prompts = [[Message("user", str(i))] for i in range(count)]
    with TemporaryDirectory() as folder:
        kept, limits = KeptBatches(Path(folder) / "kept"), Generation(max_new_tokens=64, batch_size=1)
        found = answers(endpoint, prompts, limits, in_flight, lambda done, remark: None, kept, rng=Random(seed))
    ours.send("done")
    served: Served = ours.recv()
    service.join()
    scored = [i for i, r in enumerate(found.replies) if not r.error]
    right = [i for i in scored if served.answered[str(i)] == 1 and not served.asked_again[str(i)] and found.replies[i].text == said(str(i))]
    unscored = [i for i, r in enumerate(found.replies) if r.error]
    lost = [i for i in unscored if served.answered[str(i)]]
    wrong = count - len(right) - len(unscored) + len(lost)
    return Measured(found.seconds / count, len(scored), len(unscored), wrong, served.faults)


def said(item: str) -> str:
    return f"The answer to {item} is long enough to look like one. " * 3


def serve(parent: Connection, seed: int) -> None:
    asyncio.run(_serve(parent, Random(seed)))


async def _serve(parent: Connection, chance: Random) -> None:
    served = Served()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await _answer(reader, writer, served, chance):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client is done
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    parent.send(server.sockets[0].getsockname()[1])
    await asyncio.to_thread(parent.recv)
    parent.send(served)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, served: Served, chance: Random) -> bool:
    """One request; false where the connection is cut."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length:")[2].split()[0])
    item = json.loads(await reader.readexactly(length))["messages"][-1]["content"]
    served.asked_again[item] += bool(served.answered[item])
    await asyncio.sleep(ANSWER_SECONDS)
    fault = chance.choice(FAULTS) if chance.random() < FAULT_SHARE else ""
    if fault:
        served.faults[fault] += 1
    else:
        served.answered[item] += 1
    writer.write(_response(fault, item))
    await writer.drain()
    return fault != "cut"


def _response(fault: str, item: str) -> bytes:
    usage = {"prompt_tokens": 9, "completion_tokens": 30}
    whole = json.dumps({"choices": [{"message": {"content": said(item)}, "finish_reason": "stop"}], "usage": usage}).encode()
    match fault:
        case "429":
            return _http("429 Too Many Requests", b'{"error": {"message": "slow down"}}', "retry-after-ms: 20\r\n")
        case "500":
            return _http("500 Internal Server Error", b'{"error": {"message": "out of luck"}}')
        case "cut":
            return _http("200 OK", whole)[:-40]
        case "malformed":
            return _http("200 OK", whole[:-40])
    return _http("200 OK", whole)


def _http(status: str, body: bytes, more: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{more}\r\n".encode() + body


if __name__ == "__main__":
    main()
