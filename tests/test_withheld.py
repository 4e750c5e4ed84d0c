"""A key is in no text, in whatever common form it stands, and what is left can still be read."""

from __future__ import annotations

import base64
import json
import logging
from io import StringIO
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest
from rich.console import Console

from ftexp import withheld
from ftexp.cli import _told_without_keys, main
from ftexp.journal import CellRow, Journal, SweepRow
from ftexp.progress import Progress
from ftexp.withheld import SHOWN, bytes_without_keys, row_without_keys, withhold, without_keys

KEY = "-".join(("sk", "proj", "A1b_" * 10))


@pytest.fixture(autouse=True)
def nothing_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(withheld, "_IN_USE", {})


FORMS = {
    "plain": KEY,
    "JSON escapes": "".join(f"\\u{ord(c):04x}" for c in KEY),
    "some JSON escapes": KEY.replace("-", "\\u002D"),
    "escapes of escapes": KEY.replace("-", "\\\\\\u002d"),
    "address": KEY.replace("-", "%2D").replace("_", "%5f"),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_key_goes_in_every_form_that_a_reader_may_undo(form: str) -> None:
    withhold(KEY)
    assert without_keys(f"Your key {FORMS[form]}.") == f"Your key {SHOWN}."
    assert bytes_without_keys(f"鑰匙 {FORMS[form]}!".encode()).decode() == f"鑰匙 {SHOWN}!"


@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_base64_keeps_its_length_and_what_stands_around_the_key(encode, before: str) -> None:
    withhold(KEY)
    packed = encode(f"{before}{KEY} and more".encode()).decode()
    left = base64.b64decode(without_keys(packed))
    assert left.startswith(before.encode()) and left.endswith(b" and more")
    assert KEY[2:-2].encode() not in left


def test_what_is_no_key_stays() -> None:
    for word in ("EMPTY", "", "not-needed", "12345678901234567890"):
        withhold(word)
    text = "EMPTY not-needed 12345678901234567890 100% \\u0041"
    assert without_keys(text) is text
    assert bytes_without_keys(b"\xff\x00") == b"\xff\x00"


def test_a_row_keeps_what_is_no_text() -> None:
    withhold(KEY)
    assert row_without_keys((1, None, f"x{KEY}", 2.5)) == (1, None, f"x{SHOWN}", 2.5)


@pytest.mark.parametrize("key", [KEY, "n" + KEY, "u00" + KEY, "1b" + KEY, "/" + KEY + "/", "%41" + KEY])
def test_json_without_a_key_is_json_still_and_has_none(key: str) -> None:
    withhold(key)
    parts = [key, key[1:], key[2:], *'\n\x1b\\"/u%nA', "\\u", "\\u00", "\\u0073", "茶"]
    rng = Random(1)
    for _ in range(3000):
        said = {"text": "".join(rng.choices(parts, k=rng.randint(1, 6)))}
        for written in (json.dumps(said), json.dumps(said, ensure_ascii=False), json.dumps(said).replace("-", "\\u002d")):
            assert key not in json.loads(without_keys(written))["text"]


def test_quoting_for_an_address_is_undone_for_keys_of_any_characters() -> None:
    key = "ab+/=%&?" * 4
    withhold(key)
    assert without_keys(f"?key={quote(key, safe='')}&n=1") == f"?key={SHOWN}&n=1"


def test_what_a_library_logs_has_no_key(caplog: pytest.LogCaptureFixture) -> None:
    withhold(KEY)
    try:
        raise ValueError(KEY)
    except ValueError:
        logger = logging.Logger("of no tree that others may have silenced")
        logger.addHandler(caplog.handler)
        logger.warning("sent %s", [KEY], exc_info=True)
    assert f"sent ['{SHOWN}']" in caplog.text and f"ValueError: {SHOWN}" in caplog.text and KEY not in caplog.text


def test_the_journal_keeps_no_key_whatever_holds_it(tmp_path: Path) -> None:
    withhold(KEY)
    journal = Journal(tmp_path / "journal.db")
    journal.open_run("r", KEY, KEY, json.dumps({"goal": KEY}), KEY, KEY)
    journal.intend("step", KEY, KEY, 1)
    journal.conclude("step", json.dumps({"said": KEY}))
    journal.emit("r", [("e", json.dumps({"text": KEY}))])
    journal.end_run("r", "failed", json.dumps([KEY]), KEY)
    journal.open_sweep(SweepRow("s", KEY, "basic", 1, None, 0.0), [CellRow(1, "r", json.dumps({"goal": KEY}))])
    journal.close()
    assert KEY.encode() not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert json.loads(Journal(tmp_path / "journal.db").result("step") or "") == {"said": SHOWN}


def test_progress_says_no_key() -> None:
    withhold(KEY)
    out = StringIO()
    Progress(Console(file=out, width=200)).of(f"{KEY}: ").say(f"found {KEY}")
    assert out.getvalue() == f"{SHOWN}: found {SHOWN}\n"


def test_an_error_is_told_without_a_key(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("NEBIUS_API_KEY", KEY)
    assert main([KEY]) == 2 and main(["run", f"goal=use {KEY}"]) == 2 and main(["plan", f"{KEY}=1"]) == 2
    told = capsys.readouterr().err
    assert f"found the command '{SHOWN}'" in told and "goal: found what looks like an API key" in told and KEY not in told


def test_an_error_that_nobody_catches_is_told_without_a_key(capsys: pytest.CaptureFixture[str]) -> None:
    withhold(KEY)
    error = ValueError(KEY)
    _told_without_keys(ValueError, error, None)
    assert capsys.readouterr().err == f"ValueError: {SHOWN}\n"
