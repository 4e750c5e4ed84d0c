"""Tables, ShareGPT and Alpaca files: what is read, and what is told with its row or element and field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from omegaconf import OmegaConf
from pydantic import TypeAdapter, ValidationError

from ftexp.data import reading
from ftexp.data.dataset import Dataset
from ftexp.data.keeping import find_data, write_splits
from ftexp.data.loading import load
from ftexp.errors import ConfigError

CONF = Path(__file__).parent.parent.parent / "conf" / "dataset"


class Files:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, name: str, content: str | bytes | list[Any], kind: str, **more: Any) -> reading.Reading:
        path = self.folder / name
        raw = json.dumps(content, ensure_ascii=False) if isinstance(content, list) else content
        path.write_bytes(raw if isinstance(raw, bytes) else raw.encode("utf-8"))
        return reading.read(self.dataset(name, kind, **more), path)

    def dataset(self, name: str, kind: str, **more: Any) -> Any:
        given = OmegaConf.merge(OmegaConf.load(CONF / f"{kind}.yaml"), {"path": str(self.folder / name)}, more)
        return TypeAdapter(Dataset).validate_python(OmegaConf.to_container(given))

    def told(self, name: str, content: str | bytes | list[Any], kind: str, **more: Any) -> list[str]:
        return [str(f) for f in self.read(name, content, kind, **more).findings]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def said(found: reading.Reading) -> list[list[tuple[Any, ...]]]:
    return [[m.said for m in e.messages] for e in found.examples]


def test_the_cells_of_a_table_stay_the_text_that_they_are(files: Files) -> None:
    found = files.read("a.csv", '\ufeffprompt,reply\n"a, ""b""\nc",007\n=1+1,NA\n', "table")
    assert said(found) == [[("user", 'a, "b"\nc'), ("assistant", "007")], [("user", "=1+1"), ("assistant", "NA")]]
    assert [e.origin for e in found.examples] == ["a.csv row 1", "a.csv row 2"] and found.findings == ()


def test_a_system_column_speaks_where_it_has_text(files: Files) -> None:
    found = files.read("a.csv", "s;q;a\nbe kind;x;y\n;x;y\n", "table", separator=";", columns={"system": "s", "prompt": "q", "reply": "a"})
    assert [[m[0] for m in e] for e in said(found)] == [["system", "user", "assistant"], ["user", "assistant"]]


def test_a_column_may_hold_whole_conversations(files: Files) -> None:
    columns = {"messages": "chat", "prompt": None, "reply": None}
    good = '"[{""role"": ""user"", ""content"": ""x""}, {""role"": ""assistant"", ""content"": ""y""}]"'
    found = files.read("a.csv", f"chat\n{good}\n[}}\n{good.replace('user', 'human')}\n", "table", columns=columns)
    assert [f.where for f in found.findings] == ["a.csv row 2 column chat", "a.csv row 3 column chat"]
    assert len(found.examples) == 1 and "did you mean user?" in found.findings[1].message


def test_empty_cells_and_blank_rows_are_told_by_row_and_column(files: Files) -> None:
    assert files.told("a.csv", "prompt,reply\nx,y\nx,\n\n,y\n", "table") == [
        "a.csv row 2: column reply is empty; expected text",
        "a.csv row 3: is blank and was passed over",
        "a.csv row 4: column prompt is empty; expected text",
    ]


def test_a_table_that_cannot_be_read_is_one_finding(files: Files) -> None:
    [missing] = files.told("a.csv", "promt,reply\nx,y\n", "table")
    assert missing.startswith("a.csv: has no column 'prompt'; did you mean promt?; it has promt, reply")
    [broken] = files.told("a.csv", "prompt,reply\nx,y\nx,y,z\n", "table")
    assert "can't be parsed (Expected 2 fields in line 3, saw 3)" in broken
    [encoding] = files.told("a.csv", "prompt,reply\n訂單,嗎\n".encode("cp950"), "table")
    assert encoding.startswith("a.csv: line 2 is not UTF-8 (byte 0xad)") and "dataset.encoding=cp950" in encoding
    assert len(files.read("a.csv", "prompt,reply\n訂單,嗎\n".encode("cp950"), "table", encoding="cp950").examples) == 1
    [empty] = files.told("a.csv", "", "table")
    assert empty.startswith("a.csv: the file is empty")


def test_what_a_table_has_besides_is_told_once(files: Files) -> None:
    assert files.told("a.csv", "id,prompt,reply\n1,x,y\n2,x,y\n", "table") == ["a.csv: has the column 'id', not read by dataset.kind"]


def test_a_parquet_file_is_a_table_too(files: Files) -> None:
    import pandas as pd

    frame = pd.DataFrame({"prompt": ["a", "b", None, "d"], "reply": [1, 2, 3, 4]})
    frame.to_parquet(files.folder / "a.parquet")
    found = reading.read(files.dataset("a.parquet", "table"), files.folder / "a.parquet")
    assert said(found)[0] == [("user", "a"), ("assistant", "1")]
    assert [str(f) for f in found.findings] == ["a.parquet row 3: column prompt is empty; expected text"]
    [broken] = files.told("b.parquet", b"PAR1", "table")
    assert broken.startswith("b.parquet: can't be read as Parquet")


@pytest.mark.parametrize(
    ("columns", "message"),
    [({"messages": "m"}, "expected messages alone"), ({"prompt": None}, "expected a column for prompt and one for reply")],
)
def test_columns_that_cannot_be_meant_are_refused(columns: dict[str, Any], message: str, files: Files) -> None:
    with pytest.raises(ValidationError, match=message):
        files.dataset("a.csv", "table", columns=columns)


TURNS = [{"from": "human", "value": "x"}, {"from": "gpt", "value": "y"}]


@pytest.mark.parametrize("array", [True, False])
def test_sharegpt_is_read_from_an_array_or_lines(array: bool, files: Files) -> None:
    elements: list[Any] = [{"conversations": TURNS}, {"system": "be kind", "conversations": TURNS}]
    content = json.dumps(elements) if array else "".join(json.dumps(e) + "\n" for e in elements)
    found = files.read("a.json", content, "sharegpt")
    assert said(found) == [[("user", "x"), ("assistant", "y")], [("system", "be kind"), ("user", "x"), ("assistant", "y")]]
    assert found.examples[1].origin == f"a.json {'element' if array else 'line'} 2"


def test_faults_of_sharegpt_are_told_by_element_and_turn(files: Files) -> None:
    told = files.told("a.json", [3, {"conversations": [{"from": "humen"}]}, {"conversations": TURNS[1:], "system": "s"}, {}], "sharegpt")
    assert told == [
        "a.json element 1: found a number; expected an object",
        "a.json element 2 turn 1: from is 'humen'; "
        "expected one of human, user, gpt, assistant, system (dataset.roles); did you mean human?",
        "a.json element 2 turn 1: has no value; expected text under the key value (named in dataset.keys)",
        "a.json element 3: has no user message",
        "a.json element 4: conversations is missing; expected a list of turns (dataset.keys.conversations)",
    ]


def test_alpaca_is_read_with_its_input_system_and_history(files: Files) -> None:
    found = files.read("a.json", [{"instruction": "i", "input": "n", "output": "o", "system": "s", "history": [["q", "a"]]}], "alpaca")
    assert said(found) == [[("system", "s"), ("user", "q"), ("assistant", "a"), ("user", "i\nn"), ("assistant", "o")]]


def test_faults_of_alpaca_are_told_by_line_and_key(files: Files) -> None:
    content = '{"instruction": 3, "output": ""}\n{"instruction": "i", "output": "o", "history": ["q"], "id": 1}\n{"instruction"\n'
    assert files.told("a.jsonl", content, "alpaca")[:4] == [
        "a.jsonl line 1: instruction is a number; expected text",
        "a.jsonl line 1: output is empty; expected text",
        "a.jsonl line 2: history 1 is no pair of texts; expected [question, answer]",
        "a.jsonl line 3: not JSON (cut off: Expecting ':' delimiter: line 1 column 15 (char 14)); expected one whole JSON object",
    ]


def test_a_broken_array_is_one_finding(files: Files) -> None:
    [told] = files.told("a.json", '[{"instruction": "i", "output": "o"},', "alpaca")
    assert told.startswith("a.json: not JSON (cut off: ") and told.endswith("expected one whole JSON array")


def test_every_format_is_parted_kept_and_found_again(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("prompt,reply\n" + "".join(f"question {n},answer {n}\n" for n in range(20)), encoding="utf-8")
    dataset = files.dataset("a.csv", "table")
    loaded = load(dataset)
    write_splits(loaded, tmp_path / "copy")
    path.unlink()
    found = find_data(loaded.digests, dataset, [tmp_path / "copy"])
    assert found is not None and load(found).digests == loaded.digests


def test_preference_pairs_are_for_jsonl_alone(files: Files) -> None:
    with pytest.raises(ConfigError, match=r"training\.method: found dpo with dataset\.kind table"):
        load(files.dataset("a.csv", "table"), "dpo")
