"""`ftexp augment`, as a user types it; the model that rephrases is a server that answers as a test says."""

from __future__ import annotations

import hashlib
import json
import re
import shlex
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from chat_server import ChatServer, Request, Response, completion, failure, serving
from hosted_parts import VARIABLE
from tiny import Finished, Project, Said, chat, chats, ftexp

from ftexp.data import jsonl
from ftexp.state import State

DATA = ["dataset=jsonl", "dataset.path=chats.jsonl"]
SPLITS = ("train", "validation", "test")


def rows(directory: str) -> dict[str, list[dict[str, Any]]]:
    return {split: [json.loads(line) for line in Path(directory, f"{split}.jsonl").read_text("utf-8").splitlines()] for split in SPLITS}


def everything(directory: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in Path(directory).iterdir()}


def users(line: dict[str, Any]) -> list[str]:
    return [m["content"] for m in line.get("input", line)["messages"] if m["role"] == "user"]


@pytest.mark.parametrize("kind", ["noise", "negatives"])
def test_same_seed_same_bytes_and_the_original_is_as_it_was(bare_project: Project, kind: str) -> None:
    before = Path("chats.jsonl").read_bytes()
    said = [ftexp("augment", kind, *DATA, "--seed", seed, "--out", out) for seed, out in (("1", "a"), ("1", "b"), ("2", "c"))]
    assert [s.code for s in said] == [0, 0, 0], said[0].err
    assert everything("a") == everything("b") != everything("c")
    assert set(everything("a")) == {"train.jsonl", "validation.jsonl", "test.jsonl", "manifest.json"}
    assert Path("chats.jsonl").read_bytes() == before


def test_noise_is_on_training_rows_alone_and_each_says_where_it_comes_from(bare_project: Project) -> None:
    assert ftexp("augment", "noise", *DATA, "--seed", "5", "--out", "out").code == 0
    found, source = rows("out"), {f"chats.jsonl line {n}": e for n, e in enumerate(chats(), start=1)}
    assert [len(found[split]) for split in SPLITS] == [84, 9, 9]
    made = [line for line in found["train"] if line["provenance"]["kind"] == "noise"]
    assert len(made) == 42 and all(line["provenance"]["seed"] == 5 and line["provenance"]["how"] for line in made)
    for line in (line for split in SPLITS for line in found[split]):
        original = source[line["provenance"]["source"]]
        assert line["messages"][-1]["content"] == original.reference
        assert (users(line) == [original.messages[0].content]) == (line["provenance"]["kind"] == "original")
    held_out = {line["provenance"]["source"] for split in SPLITS[1:] for line in found[split]}
    assert not held_out & {line["provenance"]["source"] for line in found["train"]}


def test_the_manifest_says_what_was_made_of_what(bare_project: Project) -> None:
    assert ftexp("augment", "noise", *DATA, "--share", "0.5", "--copies", "2", "--out", "out").code == 0
    manifest = json.loads(Path("out/manifest.json").read_text())
    sha256 = hashlib.sha256(Path("chats.jsonl").read_bytes()).hexdigest()
    assert manifest["sources"] == [{"path": "chats.jsonl", "split": "train", "sha256": sha256}]
    assert (manifest["kind"], manifest["seed"], manifest["settings"]) == ("noise", 0, {"share": 0.5, "copies": 2})
    for file in manifest["files"]:
        assert file["sha256"] == hashlib.sha256(Path("out", file["path"]).read_bytes()).hexdigest()
    assert manifest["files"][0]["made"] == 42 and manifest["refused"] == {} and manifest["ftexp"]


def test_the_command_shows_samples_the_effect_and_how_to_measure_it(bare_project: Project) -> None:
    said = ftexp("augment", "noise", *DATA)
    assert said.out.startswith("made      42 training rows: ")
    before, after = re.findall(r"  (?:before|after) +(.*)\n", said.out)[:2]
    assert before != after
    assert re.search(r"examples +│ +42 │ +84", said.out) and re.search(r"different user inputs +│ +42 \(100%\) │ +84 \(100%\)", said.out)
    assert "wrote     augmented/chats-noise: train.jsonl (84 rows, 42 of them made), validation.jsonl (9 rows)" in said.out
    words = shlex.split(next(line for line in said.out.splitlines() if line.startswith("  with ")))
    checked = ftexp("check", *words[words.index("run") + 1 :])
    assert checked.code == 0 and "84" in checked.out


def test_the_run_line_of_a_shipped_dataset_has_its_eval_and_its_facts(bare_project: Project) -> None:
    said = ftexp("augment", "noise", "--share", "0.05")
    line = next(line for line in said.out.splitlines() if line.startswith("  with "))
    assert " eval=tickets" in line and "dataset.license=CC0-1.0" in line and " name=support_tickets" in line
    assert ftexp("check", *shlex.split(line)[3:]).code == 0


def test_nothing_is_written_over(bare_project: Project) -> None:
    assert ftexp("augment", "noise", *DATA, "--out", "out").code == 0
    before = everything("out")
    said = ftexp("augment", "noise", *DATA, "--out", "out", "--seed", "1")
    assert said.code == 2 and "--out: found another train.jsonl in out; expected an empty directory" in said.err
    assert everything("out") == before and ftexp("augment", "noise", *DATA, "--out", "out").code == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["noise", "--share", "0"], "--share: found 0, expected a share above 0, up to 1"),
        (["noise", "--copies", "0"], "--copies: found 0, expected a whole number from 1 to 20"),
        (["noise", "--kinds", "wrong_label"], "--kinds: belongs to ftexp augment negatives"),
        (["paraphrase", "--from", "last"], "--from: belongs to ftexp augment negatives"),
        (["negatives", "--kinds", "wrong_lable"], "--kinds: found wrong_lable, expected some of wrong_label, false_detail"),
        (["negatives", "--kinds", "own_mistake"], "--kinds: own_mistake needs --from RUN, or --from base"),
        (["negatives", "--from", "nobody"], "run 'nobody': not on record"),
        (["noise", "dataset.path=gone.jsonl"], "gone.jsonl: no such file"),
    ],
)
def test_what_cant_be_meant_is_told(bare_project: Project, words: list[str], message: str) -> None:
    said = ftexp("augment", words[0], *DATA, *words[1:])
    assert said.code in (2, 4) and message in said.err
    assert not Path("augmented").exists()


def test_negatives_are_pairs_that_a_preference_training_reads(bare_project: Project) -> None:
    said = ftexp("augment", "negatives", *DATA, "--out", "out")
    assert said.code == 0, said.err
    found = rows("out")
    assert [len(found[split]) for split in SPLITS] == [42, 9, 9]
    assert all(line["preferred_output"] != line["non_preferred_output"] for split in SPLITS for line in found[split])
    line = next(line for line in said.out.splitlines() if line.startswith("  with "))
    assert line.endswith(" training.method=dpo") and ftexp("check", *shlex.split(line)[3:]).code == 0
    again = ftexp("augment", "negatives", "dataset=jsonl", "dataset.path=out/train.jsonl", "--out", "again")
    assert again.code == 4 and "is a preference pair" in again.err


# The base model's own mistakes


def test_mistakes_of_a_finished_run_make_pairs_of_what_it_was_asked_alone(copy_of_finished: Finished) -> None:
    said = ftexp("augment", "negatives", *copy_of_finished.project.overrides, "--from", "last", "--out", "out")
    assert said.code == 0, said.err
    assert "answers of the base are wrong by chat/chrf; 0 to training questions" in said.out
    assert "--from base asks the training questions" in said.out
    how = {split: {h for line in lines for h in line["provenance"]["how"]} for split, lines in rows("out").items()}
    assert "own_mistake" in how["test"] and "own_mistake" not in how["train"] | how["validation"]


def test_the_base_is_asked_the_training_questions_once(copy_of_finished: Finished) -> None:
    words = ("augment", "negatives", *copy_of_finished.project.overrides, "--from", "base", "--kinds", "own_mistake")
    said = ftexp(*words, "--out", "a")
    assert said.code == 0, said.err
    journal = State(Path.cwd()).journal
    before = len(journal.results("answers_own_mistakes_base"))
    assert ftexp(*words, "--out", "b").code == 0 and everything("a") == everything("b")
    assert before == len(journal.results("answers_own_mistakes_base")) == 1
    assert all(line["provenance"]["how"] == ["own_mistake"] for line in rows("a")["train"])
    assert not any(row.kind == "run" for row in journal.runs() if row.label == "own_mistakes")


# Paraphrase

QUESTIONS = [
    chat(
        f"Where is my order {chr(65 + n)}-{48213 + n}? I paid {30 + n} dollars for it and it has not come.",
        f"Order {48213 + n} is on its way.",
    )
    for n in range(20)
]


def careful(request: Request) -> Response:
    number = re.findall(r"order (\S+)\? I paid (\d+)", request.item)[-1]
    return completion(f"Could you tell me what happened to {number[0]}, which cost me {number[1]} dollars and never got here?")


def broken(change: Callable[[str], str]) -> Callable[[Request], Response]:
    return lambda request: completion(change(request.item.split("Message:\n")[-1]))


@contextmanager
def asking(answer: Callable[[Request], Response], *more: str) -> Iterator[tuple[ChatServer, Callable[..., Said]]]:
    jsonl.write(Path("orders.jsonl"), QUESTIONS)
    with serving(answer) as server:
        service = [
            "model=compatible",
            "model.provider.model=m",
            f"model.provider.api_key_env={VARIABLE}",
            f"model.provider.base_url={server.base_url}",
        ]
        words = ["dataset=jsonl", "dataset.path=orders.jsonl", *service, *(more or ["model.provider.billed=false"])]
        yield server, lambda *options: ftexp("augment", "paraphrase", *words, *options)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "-".join(("sk", "laboratory", "0123456789abcdef")))
    monkeypatch.setenv(f"{VARIABLE}_HOST", "127.0.0.1")


def test_a_careful_models_paraphrases_get_in(bare_project: Project, key: None) -> None:
    with asking(careful) as (server, augment):
        said = augment("--out", "out")
    assert said.code == 0, said.err
    made = [line for line in rows("out")["train"] if line["provenance"]["kind"] == "paraphrase"]
    assert len(made) == len(server.requests) == 14 and "what happened to" in users(made[0])[0]
    assert json.loads(Path("out/manifest.json").read_text())["settings"]["model"] == "m"
    held_out = {users(line)[0] for split in SPLITS[1:] for line in rows("out")[split]}
    assert not any(question in asked for question in held_out for asked in server.asked)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: re.sub(r"paid \d+", "spent 99", text).replace("Where is", "Please tell me where I find"), "changes a number"),
        (lambda text: "Please tell me where it is? I paid for it, and yet it has not come to my house.", "changes an id"),
        (lambda text: text, "is a near-copy of the question"),
        (lambda text: text.replace("Where is", "where  is"), "is a near-copy of the question"),
        (
            lambda text: re.sub("Where is my order (\\S+). I paid (\\d+).*", "我的訂單 \\1 在哪裡？我付了 \\2 元，還沒收到。", text),
            "is in another language",
        ),
        (lambda text: "�\x00 <|im_end|> zxcv", "is garbage"),
        (lambda text: "Yes. " * 400, "is too long"),
        (lambda text: f"Sure, here is the message: {text}", "talks about the task"),
        (lambda text: "I'm sorry, but I can't help with that order.", "answers instead of asking"),
        (lambda text: "   ", "is empty"),
    ],
    ids=["a number", "an id", "a copy", "another typing", "another language", "garbage", "too long", "about it", "a refusal", "nothing"],
)
def test_of_what_a_careless_model_says_nothing_gets_in(bare_project: Project, key: None, change: Callable[[str], str], reason: str) -> None:
    with asking(broken(change)) as (server, augment):
        said = augment("--out", "out")
    assert said.code == 4 and f"ftexp: refused   14: {reason}" in said.err, said.err
    assert len(server.requests) == 14 and not Path("out").exists()


def test_one_bad_answer_among_good_ones_is_counted_and_shown(bare_project: Project, key: None) -> None:
    """The right answer's text is no question."""

    def once_wrong(request: Request) -> Response:
        return (
            careful(request)
            if "E-48217" not in request.item and "F-48218" not in request.item
            else completion("Order 48217 is on its way.")
        )

    with asking(once_wrong) as (_, augment):
        said = augment("--out", "out")
    wrong = sum(
        "E-4" in text or "F-4" in text for line in rows("out")["train"] if line["provenance"]["kind"] == "original" for text in users(line)
    )
    assert said.code == 0 and wrong and f"refused   {wrong}: answers instead of asking; the first: Order 48217 is on its way." in said.out
    assert json.loads(Path("out/manifest.json").read_text())["refused"] == {"answers instead of asking": wrong}


def test_the_same_again_asks_nothing_and_makes_the_same_bytes(bare_project: Project, key: None) -> None:
    with asking(careful) as (server, augment):
        assert augment("--out", "a").code == 0 and augment("--out", "b").code == 0
        assert len(server.requests) == 14 and everything("a") == everything("b")
        assert augment("--copies", "2", "--out", "c").code == 0
    assert ftexp("list").out.startswith("no runs on record") and ftexp("sync").out == "MLflow has everything already\n"


def test_what_was_answered_before_it_broke_off_is_not_asked_again(bare_project: Project, key: None) -> None:
    def refusing(request: Request) -> Response:
        return failure(401, "no such key") if len(server.requests) > 6 else careful(request)

    with asking(refusing, "model.provider.billed=false", "model.provider.requests_in_flight=1") as (server, augment):
        assert augment("--out", "out").code == 5 and not Path("out").exists()
        answered = {r.item for r, response in server.sent if response.status == 200}
        server.answer = careful
        before = len(server.requests)
        assert answered and augment("--out", "out").code == 0
        assert not answered & {r.item for r in server.requests[before:]}


def test_a_service_that_bills_is_asked_within_a_budget_and_after_a_yes(bare_project: Project, key: None) -> None:
    with asking(careful, "model.provider.model=gpt-4o-mini-2024-07-18") as (server, augment):
        unlimited = augment()
        assert unlimited.code == 4 and "budget.usd: not set, and this may cost up to $" in unlimited.err
        unasked = augment("budget.usd=1")
        assert unasked.code == 4 and "nobody is here to ask: add --yes to the command" in unasked.err
        over = augment("budget.usd=0.000001", "--yes")
        assert over.code == 4 and "budget.usd: not started" in over.err
        assert server.requests == []
        said = augment("budget.usd=1", "--yes")
        assert said.code == 0 and "the service bills $0.00" in said.out
        assert augment("budget.usd=1", "--out", "again").code == 0 and len(server.requests) == 14


def test_the_model_of_this_machine_is_asked_too(bare_project: Project) -> None:
    """It has learned nothing, so that nothing it says is taken."""
    said = ftexp("augment", "paraphrase", *bare_project.overrides, "--share", "0.2")
    assert said.code == 4 and "augment: nothing could be made of chats" in said.err and "expected a larger one" in said.err


def test_both_runs_are_compared_on_the_same_test_questions(project: Project) -> None:
    said = ftexp("augment", "noise", *project.overrides)
    lines = [shlex.split(line) for line in said.out.splitlines() if line.startswith(("  without ", "  with "))]
    runs = [ftexp(*words[2:], "eval.few_shot=0") for words in lines]
    assert [run.code for run in runs] == [0, 0], runs[1].err
    assert runs[0].run != runs[1].run
    compared = ftexp("compare", runs[0].run, runs[1].run)
    assert compared.code == 0, compared.err
    assert "augmented/chats-noise/train.jsonl" in compared.out and f"against {runs[0].run}" in compared.out
