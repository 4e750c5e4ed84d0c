from __future__ import annotations

import base64

import pytest

from ftexp.backends.hosted.result_file import figures_by_step

TABLE = b"step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy\n1,1.5,0.5,,\n2,1.25,0.625,1.75,0.375\n3,1.0,0.75,,\n"
FIGURES = {
    1: {"train/loss": 1.5, "train/token_accuracy": 0.5},
    2: {"train/loss": 1.25, "train/token_accuracy": 0.625, "validation/loss": 1.75, "validation/token_accuracy": 0.375},
    3: {"train/loss": 1.0, "train/token_accuracy": 0.75},
}


@pytest.mark.parametrize(
    "raw",
    [
        TABLE,
        base64.b64encode(TABLE),
        base64.encodebytes(TABLE),
        b"\xef\xbb\xbf" + TABLE,
        base64.b64encode(b"\xef\xbb\xbf" + TABLE),
        TABLE.replace(b"\n", b"\r\n"),
        TABLE.replace(b"\n", b"\r"),
        TABLE.rstrip(),
        TABLE.replace(b"step,", b" Step ,"),
        TABLE.replace(b"\n", b"\n\n"),
    ],
    ids=range(10),
)
def test_a_table_is_read_in_whatever_form_it_comes(raw: bytes) -> None:
    assert figures_by_step(raw) == (FIGURES, "")


@pytest.mark.parametrize("cut", range(70, len(TABLE)))
def test_a_torn_file_gives_the_rows_that_came_whole(cut: int) -> None:
    for torn, whole in ((TABLE[:cut], cut), (base64.b64encode(TABLE)[:cut], cut * 3 // 4)):
        found, _ = figures_by_step(torn)
        complete = TABLE[:whole].count(b"\n") - 1
        assert {step: found.get(step) for step in range(1, complete + 1)} == {step: FIGURES[step] for step in range(1, complete + 1)}


@pytest.mark.parametrize("step", [b"-1", b"1.5", b"x", b"9" * 400, b"nan", b'"', b"x" * 200_000])
def test_a_row_without_a_step_spoils_no_other(step: bytes) -> None:
    first, *rest = TABLE.splitlines(keepends=True)
    assert figures_by_step(first + step + b",1,1,1,1\n" + b"".join(rest)) == (FIGURES, "1 lines of the result file can't be read")
