from __future__ import annotations

from pathlib import Path

import pytest
import tiktoken.registry
from omegaconf import OmegaConf

from ftexp.data.messages import Example, Message, ToolCall
from ftexp.tokens import TokenCounts, hosted_counter, offline_encoding, total

PRICES = OmegaConf.load(Path(__file__).parent.parent / "conf" / "prices" / "openai.yaml")["models"]
TEXTS = [
    "Where is my order 4711?",
    "我的訂單什麼時候能到?",
    "訂單 A-17 已出貨 ✅ 👩‍👩‍👧 see https://example.com",
    "<|endoftext|> and <|im_start|>system stay plain text",
    " \n\t 　 ",
    "naïve café, e\u0301, ﬁ, \u202e",
]


@pytest.fixture
def fresh_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache directory, and a tiktoken that has no vocabulary in memory and no way out to fetch one."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(proxy, "http://127.0.0.1:9")
    return tmp_path / "tiktoken"


def example(*texts: str) -> Example:
    roles = ("system", "user", "assistant", "user", "assistant", "assistant")
    return Example(tuple(Message(role, text) for role, text in zip(roles, texts, strict=False)), "here")


@pytest.mark.parametrize("encoding", ["o200k_base", "cl100k_base"])
def test_a_hosted_example_counts_three_a_message_and_three_more(encoding: str, fresh_cache: Path) -> None:
    count = hosted_counter(encoding, fresh_cache)
    tokenizer = tiktoken.get_encoding(encoding)
    for texts in (TEXTS, TEXTS[:3], TEXTS[3:]):
        messages = example(*texts).messages
        tokens = sum(len(tokenizer.encode(part, disallowed_special=())) for m in messages for part in (m.role, m.content))
        assert count(example(*texts)) == tokens + 3 * len(texts) + 3


def test_the_vocabulary_comes_from_a_package_and_not_from_the_network(fresh_cache: Path) -> None:
    assert offline_encoding("cl100k_base", fresh_cache).decode(offline_encoding("cl100k_base", fresh_cache).encode("訂單")) == "訂單"
    assert len(list(fresh_cache.iterdir())) == 1


def test_the_users_own_cache_of_vocabularies_is_taken(fresh_cache: Path, tmp_path: Path) -> None:
    offline_encoding("cl100k_base", tmp_path / "another")
    assert fresh_cache.is_dir() and not (tmp_path / "another").exists()


def test_without_one_it_is_the_given_cache(tmp_path: Path, fresh_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TIKTOKEN_CACHE_DIR")
    offline_encoding("cl100k_base", tmp_path / "another")
    assert len(list((tmp_path / "another").iterdir())) == 1


def test_a_vocabulary_that_no_package_carries_is_a_key_error(fresh_cache: Path) -> None:
    with pytest.raises(KeyError, match="p50k_base"):
        offline_encoding("p50k_base", fresh_cache)


def test_the_total_is_by_split_and_the_longest_of_all() -> None:
    assert total([3, 5], [9]) == TokenCounts(train=8, validation=9, longest=9)
    assert total([], []) == TokenCounts(train=0, validation=0, longest=0)


CALLS = (ToolCall("call_1", "find_order", '{"id": "A-17 訂單 ✅"}'), ToolCall("call_2", "<|endoftext|>", "{}"))
TALK = (
    Message("developer", TEXTS[3]),
    Message("user", TEXTS[1], name="小明"),
    Message("assistant", "", tool_calls=CALLS),
    Message("tool", TEXTS[2], tool_call_id="call_1"),
    Message("assistant", TEXTS[5], weight=0),
)
TOOLS = '[{"type": "function", "function": {"name": "find_order", "description": "找訂單"}}]'


@pytest.mark.parametrize("model", PRICES)
def test_names_tools_calls_and_rejected_answers_count_for_every_hosted_model(model: str, fresh_cache: Path) -> None:
    encoding = PRICES[model]["encoding"]
    count = hosted_counter(encoding, fresh_cache)
    tokenizer = tiktoken.get_encoding(encoding)
    tokens = 3
    for m in (*TALK, Message("assistant", TEXTS[0])):
        values = [m.role, m.content, m.name or "", m.tool_call_id or ""]
        for call in m.tool_calls:
            values += [call.id, "function", call.name, call.arguments]
        tokens += 3 + (1 if m.name else 0) + sum(len(tokenizer.encode(value, disallowed_special=())) for value in values)
    tokens += len(tokenizer.encode(TOOLS, disallowed_special=()))
    assert count(Example(TALK, "here", TOOLS, rejected=Message("assistant", TEXTS[0]))) == tokens
