"""Lines a second in judging data, against a plain script with the same checks: json, dicts and sets, tiktoken.

    python benchmarks/validation.py [--quick]

Each figure is of a process of its own, with its children: seconds of the clock, and the largest sum of what they had in memory.
Then planted near-duplicates: how many are found, and how many of those found were planted.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
import threading
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import psutil  # type: ignore[import-untyped]  # its types are a package of their own

HERE = Path(__file__)
LINE_BYTES = 650
SYSTEM = "You are the support desk of a shop that ships all over the country. Be short and friendly, and never guess."


def main() -> None:
    parser = ArgumentParser(description="ftexp's data checks against a plain script")
    parser.add_argument("--quick", action="store_true", help="a tenth of the lines")
    parser.add_argument("--work", nargs=3, metavar=("WHO", "FILE", "NEAR"), help="used by the benchmark itself")
    arguments = parser.parse_args()
    if arguments.work:
        work(*arguments.work)
        return
    scale = 10 if arguments.quick else 1
    print(f"{psutil.cpu_count(logical=False)} cores, lines of about {LINE_BYTES} bytes")
    with TemporaryDirectory() as folder:
        for count, seconds, megabytes in ((5_000, 4, 500), (100_000 // scale, 60 / scale, 500)):
            path = written(Path(folder) / f"{count}.jsonl", count)
            took, used, peak = measured("ftexp", path, near=True)
            print(
                f"every check, {count:,} lines: {took:.1f} s (aim {seconds:g}), {used:.1f} s of processors, {peak:.0f} MB (aim {megabytes})"
            )
        count = 1_000_000 // scale
        path = written(Path(folder) / f"{count}.jsonl", count)
        ours, our_used, our_peak = measured("ftexp", path, near=False)
        plain, plain_used, plain_peak = measured("script", path, near=False)
        print(f"in a stream, {count:,} lines: {count / ours:,.0f} lines/s (aim 40,000), {our_peak:.0f} MB (aim 600)")
        print(f"  plain script {count / plain:,.0f} lines/s, {plain_peak:.0f} MB; ratio {plain / ours:.2f} (aim 2.5)")
        print(f"  by processor seconds, which other work on the machine doesn't change: {our_used:.1f} against {plain_used:.1f}")
    for jaccard, aim in ((0.9, 0.99), (0.8, 0.95)):
        recall, precision = planted(jaccard, 20_000 // scale, 1_000 // scale)
        print(f"near-duplicates planted at {jaccard}: recall {recall:.3f} (aim {aim}), precision {precision:.3f}")


def written(path: Path, count: int) -> Path:
    """English words, as often as they are in Python's own documentation, under one system message; a hundredth of it twice."""
    from pydoc_data.topics import topics

    chance = random.Random(1)
    words = re.findall(r"[A-Za-z][a-z']*[,.]?(?= )", " ".join(topics.values()))
    with path.open("w", encoding="utf-8") as file:
        line = ""
        for i in range(count):
            if i % 100 or not line:
                said = [" ".join(chance.choices(words, k=k)) for k in (42, 26)]
                roles = ("system", "user", "assistant")
                messages = [{"role": r, "content": c} for r, c in zip(roles, (SYSTEM, *said), strict=True)]
                line = json.dumps({"messages": messages}) + "\n"
            file.write(line)
    return path


def measured(who: str, path: Path, near: bool) -> tuple[float, float, float]:
    """Seconds of the clock and of the processors, and the peak of MB over the process and its children, shared pages once."""
    started = perf_counter()
    process = subprocess.Popen([sys.executable, str(HERE), "--work", who, str(path), str(int(near))], stdout=subprocess.DEVNULL)
    peaks, used = [0.0], dict[int, float]()
    watcher = threading.Thread(target=_watch, args=(process, peaks, used))
    watcher.start()
    if process.wait():
        raise SystemExit(f"{who} failed")
    watcher.join()
    return perf_counter() - started, sum(used.values()), max(peaks)


def _watch(process: subprocess.Popen[bytes], peaks: list[float], used: dict[int, float]) -> None:
    """`used` gets the seconds of each process, as they were when it was last looked at."""
    while process.poll() is None:
        try:
            top = psutil.Process(process.pid)
            there = (top, *top.children(recursive=True))
            peaks.append(sum(p.memory_full_info().uss for p in there) / 1e6)
            used |= {p.pid: sum(p.cpu_times()[:2]) for p in there}
        except psutil.Error:
            pass  # one ended while it was looked at
        sleep(0.1)


def work(who: str, path: str, near: str) -> None:
    if who == "script":
        print(script(Path(path)))
        return
    from ftexp.data.dataset import JsonlDataset, Split
    from ftexp.data.streaming import judge_in_stream
    from ftexp.validation.checks import Checks, Near
    from ftexp.validation.content import ContentRules

    facts = {"validation": None, "test": None, "task_type": "task", "license": None, "source": None, "revision": None}
    shares = Split(validation=0.15, test=0.15, seed=0)
    dataset = JsonlDataset.model_validate({"kind": "jsonl", "name": None, "path": path, "split": shares, **facts})
    most = 10_000_000 if near == "1" else 0
    checks = Checks(near=Near(most_examples=most), content=ContentRules(most_examples=most))
    report = judge_in_stream(dataset, "supervised", checks, "o200k_base", None)
    print(report.examples, report.errors, report.warnings)


def script(path: Path) -> tuple[int, ...]:
    """Structure, exact and normalised duplicates, leakage, conflicts and tokens, as one writes them down."""
    import hashlib
    import re
    import unicodedata

    from ftexp.backends.embedded import cache_root
    from ftexp.tokens import offline_encoding

    encoder = offline_encoding("o200k_base", cache_root() / "tiktoken")
    seen, typed, prompts, answers = set[str](), set[str](), dict[str, int](), dict[str, str]()
    errors = again = again_typed = leaked = conflicts = tokens = 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            messages = json.loads(line)["messages"]
            roles = [m.get("role") for m in messages]
            bad = any(
                r not in ("system", "user", "assistant") or not str(m.get("content") or "").strip()
                for r, m in zip(roles, messages, strict=True)
            )
            if bad or roles[-1] != "assistant" or "user" not in roles:
                errors += 1
                continue
            prompt, reply = json.dumps(messages[:-1], sort_keys=True), messages[-1]["content"]
            whole = prompt + reply
            again += whole in seen
            seen.add(whole)
            plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", whole).casefold())
            again_typed += plain in typed
            typed.add(plain)
            part = int(hashlib.sha256(prompt.encode()).hexdigest()[:8], 16) % 100
            split = 2 if part < 15 else 1 if part < 30 else 0
            leaked += prompts.setdefault(prompt, split) != split
            conflicts += answers.setdefault(prompt, reply) != reply
            tokens += 3 + sum(3 + len(encoder.encode_ordinary(m["role"])) + len(encoder.encode_ordinary(m["content"])) for m in messages)
    return errors, again, again_typed, leaked, conflicts, tokens


def planted(jaccard: float, count: int, copies: int) -> tuple[float, float]:
    """Recall and precision, by pairs."""
    from ftexp.validation.near import Words, near_pairs, words_of

    chance = random.Random(2)
    texts = [[f"w{chance.randrange(50_000)}" for _ in range(80)] for _ in range(count - copies)]
    changed = int(80 * (1 - jaccard) / (1 + jaccard))
    near = [[*chance.sample(texts[i], 80 - changed), *(f"n{i}x{j}" for j in range(changed))] for i in range(copies)]
    pairs = near_pairs(Words.of(words_of(" ".join(t)) for t in (*texts, *near)), 0.8, 5)
    found = set(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
    wanted = {(i, count - copies + i) for i in range(copies)}
    return len(found & wanted) / len(wanted), len(found & wanted) / max(len(found), 1)


if __name__ == "__main__":
    main()
