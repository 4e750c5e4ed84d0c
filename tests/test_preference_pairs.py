from __future__ import annotations

import json
from dataclasses import replace

from tiny import Project, chats, ftexp, pairs

from ftexp.compose import compose
from ftexp.cost import Range
from ftexp.data import jsonl
from ftexp.data.messages import Message
from ftexp.run import prepare
from ftexp.state import State

TOOL_LINE = {
    "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
    "tools": [{"type": "function", "function": {"name": "look"}}],
}


def test_pairs_are_checked_and_planned(bare_project: Project) -> None:
    jsonl.write(bare_project.path / "chats.jsonl", pairs())
    words = [*bare_project.overrides, "training.method=dpo"]
    assert ftexp("check", *words).code == 0
    plan = ftexp("plan", *words)
    assert plan.code == 0 and "time not measured" in plan.out
    found = prepare(compose(words, bare_project.path).config, State(bare_project.path))
    tokens = found.model.tokens
    assert tokens and found.estimate.training_tokens == Range.exactly(2 * tokens.train), "a pass, and one of the reference"
    assert [part.name for part in found.estimate.parts][:2] == ["training", "test pairs"]


def test_a_pair_is_too_long_by_either_answer(bare_project: Project) -> None:
    long = [replace(e, rejected=Message("assistant", "No. " * 200)) for e in chats()[:1]]
    jsonl.write(bare_project.path / "chats.jsonl", [*long, *pairs()[1:]])
    run = bare_project.run("training.method=dpo", "model.provider.max_tokens=200")
    assert run.code == 4
    assert "chats.jsonl line 1: has " in run.err and "expected at most 200 (model.provider.max_tokens)" in run.err
    assert "nothing is cut in silence" in run.err


def test_rewards_are_of_preference_training_alone(bare_project: Project) -> None:
    run = bare_project.run("training.best_metric=validation/reward_accuracy")
    assert run.code == 2 and "only training.method=dpo has" in run.err


def test_tools_are_an_obstacle_on_this_machine(bare_project: Project) -> None:
    path = bare_project.path / "chats.jsonl"
    path.write_text(path.read_text(encoding="utf-8") + json.dumps(TOOL_LINE) + "\n", encoding="utf-8")
    run = bare_project.run()
    assert run.code == 2
    assert "chats.jsonl line 61: has tools or tool messages, as 1 example of this data; training with tools on this machine" in run.err


def test_names_are_warned_of_since_a_template_leaves_them_out(bare_project: Project) -> None:
    named = [replace(e, messages=(replace(e.messages[0], name="Ann"), *e.messages[1:])) for e in chats()]
    jsonl.write(bare_project.path / "chats.jsonl", named)
    assert "as 60 examples; the model on this machine doesn't see names" in ftexp("plan", *bare_project.overrides).out
