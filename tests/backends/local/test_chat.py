from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from tiny import CHATML, END_OF_TURN, chat, write_tokenizer

from ftexp.backends.embedded import cached
from ftexp.backends.local.chat import ChatTokenizer
from ftexp.backends.providers import LocalProvider
from ftexp.compose import compose
from ftexp.data.messages import Example, Message
from ftexp.errors import ModelError

SINGLE = chat("Where is my parcel?", "On its way.")
MULTI = Example(
    (
        Message("system", "Be brief."),
        Message("user", "Hi"),
        Message("assistant", "Hello."),
        Message("user", "When do you open?"),
        Message("assistant", "At nine."),
    ),
    "multi",
)
SPECIAL_LIKE = chat("What is <|im_end|>?\n<|im_start|>system", "It is <|im_end|>, then <|im_start|>.")
CHINESE = chat("請問貨到了嗎？😀", "還沒，明天到👍🏽。")
OUTER_SPACE = chat("  Hi \n", " spaced out \n")  # two spaces would make a token that begins in the template: not learned
CASES = {"single": SINGLE, "multi": MULTI, "special-like text": SPECIAL_LIKE, "Chinese and emoji": CHINESE, "outer space": OUTER_SPACE}


def smollm2() -> Path:
    provider = compose(["model=smollm2-135m"], Path.cwd()).config.model.provider
    assert isinstance(provider, LocalProvider) and provider.package
    return cached(provider.package)


@pytest.fixture(params=["tiny", "smollm2"])
def directory(request: pytest.FixtureRequest, tiny_model: Path) -> Path:
    found = tiny_model if request.param == "tiny" else smollm2()
    if not found.is_dir():
        pytest.skip("smollm2-135m has not been fetched")
    return found


def plain(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in messages]


def learned_text(tokenizer: ChatTokenizer, example: Example) -> str:
    """What the shown mask has between its brackets, turn by turn."""
    return "|".join(part.split("⟧")[0] for part in tokenizer.shown_mask(example).split("⟦")[1:])


def copy_with(model: Path, target: Path, **settings: Any) -> Path:
    """The tokenizer of a model, with other settings; one that is None is left out."""
    target.mkdir()
    shutil.copy(model / "tokenizer.json", target)
    config = json.loads((model / "tokenizer_config.json").read_text(encoding="utf-8")) | settings
    kept = {name: value for name, value in config.items() if value is not None}
    (target / "tokenizer_config.json").write_text(json.dumps(kept), encoding="utf-8")
    return target


@pytest.mark.parametrize("case", CASES)
def test_a_conversation_is_rendered_and_encoded_as_transformers_does(case: str, directory: Path) -> None:
    from transformers import AutoTokenizer

    theirs, ours, messages = AutoTokenizer.from_pretrained(str(directory)), ChatTokenizer(directory), CASES[case].messages
    assert ours.text(messages) == theirs.apply_chat_template(plain(messages), tokenize=False)
    assert list(ours.encode(CASES[case]).ids) == theirs.apply_chat_template(plain(messages), return_dict=False)
    prompt = theirs.apply_chat_template(plain(messages[:-1]), add_generation_prompt=True, return_dict=False)
    assert list(ours.prompt_ids(messages[:-1])) == prompt


@pytest.mark.parametrize("case", CASES)
def test_exactly_what_the_assistant_wrote_and_the_end_of_its_turn_is_learned(case: str, directory: Path) -> None:
    written = [m.content + END_OF_TURN for m in CASES[case].messages if m.role == "assistant"]
    assert learned_text(ChatTokenizer(directory), CASES[case]) == "|".join(written)


def test_every_byte_of_an_emoji_is_learned(directory: Path) -> None:
    tokenizer = ChatTokenizer(directory)
    encoded = tokenizer.encode(chat("?", "👍🏽"))
    learned = [i for i, yes in zip(encoded.ids, encoded.learned, strict=True) if yes]
    assert tokenizer.decode(learned) == "👍🏽"
    assert learned[-1] == tokenizer.end_of_turn()


def test_the_prompt_is_where_the_learned_part_begins(tiny_model: Path) -> None:
    tokenizer = ChatTokenizer(tiny_model)
    encoded, prompt = tokenizer.encode(SINGLE), tokenizer.prompt_ids(SINGLE.prompt)
    assert encoded.ids[: len(prompt)] == prompt
    assert encoded.learned.index(True) == len(prompt)


def test_a_template_in_a_file_of_its_own_comes_first(tiny_model: Path, tmp_path: Path) -> None:
    directory = copy_with(tiny_model, tmp_path / "m", chat_template="not this one")
    (directory / "chat_template.jinja").write_text(CHATML, encoding="utf-8")
    assert ChatTokenizer(directory).text(SINGLE.messages) == ChatTokenizer(tiny_model).text(SINGLE.messages)


def test_of_several_templates_the_default_is_taken(tiny_model: Path, tmp_path: Path) -> None:
    named = [{"name": "tools", "template": "no"}, {"name": "default", "template": CHATML}]
    directory = copy_with(tiny_model, tmp_path / "m", chat_template=named)
    assert ChatTokenizer(directory).text(SINGLE.messages) == ChatTokenizer(tiny_model).text(SINGLE.messages)


def test_a_template_without_an_end_of_turn_token_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    template = (
        "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\\n' }}{% endfor %}"
        "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}"
    )
    directory = copy_with(tiny_model, tmp_path / "m", chat_template=template)
    with pytest.raises(ModelError, match=r"ends the assistant's turn with '\\n'; expected a special token"):
        ChatTokenizer(directory).encode(SINGLE)


def test_a_template_that_rewrites_earlier_turns_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    template = CHATML.replace("{% for", "{{ messages | length }}{% for", 1)
    directory = copy_with(tiny_model, tmp_path / "m", chat_template=template)
    with pytest.raises(ModelError, match="rewrites earlier turns"):
        ChatTokenizer(directory).encode(MULTI)


FAULTY_TEMPLATES = {
    "none": (None, "has no chat template"),
    "not Jinja": ("{% for %}", "chat template can't be used"),
    "refuses the messages": ("{{ raise_exception('roles must alternate') }}", "chat template can't be used .*roles must alternate"),
}


@pytest.mark.parametrize("case", FAULTY_TEMPLATES)
def test_a_template_that_can_not_be_used_is_one_model_error(case: str, tiny_model: Path, tmp_path: Path) -> None:
    template, message = FAULTY_TEMPLATES[case]
    with pytest.raises(ModelError, match=message) as caught:
        ChatTokenizer(copy_with(tiny_model, tmp_path / "m", chat_template=template)).encode(SINGLE)
    assert len(caught.value.faults) == 1


def test_a_missing_tokenizer_is_one_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"tokenizer_config.json: no such file; expected the directory of a Hugging Face chat model"):
        ChatTokenizer(tmp_path)
    write_tokenizer(tmp_path)
    (tmp_path / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match="no usable tokenizer") as caught:
        ChatTokenizer(tmp_path).encode(SINGLE)
    assert len(caught.value.faults) == 1


@pytest.mark.parametrize(("content", "message"), [("{", "can't be read as JSON"), ("[]", "expected a JSON object")])
def test_a_broken_tokenizer_config_is_one_model_error(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer_config.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        ChatTokenizer(tmp_path)


def test_a_broken_tokenizer_is_one_model_error(tiny_model: Path, tmp_path: Path) -> None:
    directory = copy_with(tiny_model, tmp_path / "m")
    (directory / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelError, match="no usable tokenizer"):
        ChatTokenizer(directory).encode(SINGLE)


def test_weight_zero_is_kept_out_of_the_loss_and_a_developer_speaks_as_the_system(tiny_model: Path) -> None:
    tokenizer = ChatTokenizer(tiny_model)
    told = (Message("user", "q"), Message("assistant", "first", weight=0), Message("user", "r"), Message("assistant", "second", weight=1))
    assert learned_text(tokenizer, Example(told, "here")) == "second" + END_OF_TURN
    assert tokenizer.text((Message("developer", "x"), *told)) == tokenizer.text((Message("system", "x"), *told))
