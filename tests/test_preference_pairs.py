from __future__ import annotations

import json
from dataclasses import replace

from tiny import Project, chats, ftexp

from ftexp.data import jsonl
from ftexp.data.messages import Message

TOOL_LINE = {
    "messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}],
    "tools": [{"type": "function", "function": {"name": "look"}}],
}


def test_pairs_are_checked_and_planned_and_not_yet_trained(bare_project: Project) -> None:
    pairs = [replace(e, rejected=Message("assistant", "No.")) for e in chats()]
    jsonl.write(bare_project.path / "chats.jsonl", pairs)
    words = [*bare_project.overrides, "training.method=dpo"]
    assert ftexp("check", *words).code == 0
    plan, run = ftexp("plan", *words), ftexp("run", *words)
    assert plan.code == 0 and "training with dpo isn't there yet" in plan.out
    assert run.code == 2 and "training.method: training with dpo isn't there yet on this machine; expected supervised" in run.err


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
