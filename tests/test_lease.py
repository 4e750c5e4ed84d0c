from __future__ import annotations

import subprocess
import sys

from ftexp.lease import Driver


def driver_of(process: subprocess.Popen[str]) -> Driver:
    assert process.stdout
    return Driver.model_validate_json(process.stdout.readline())


def test_a_process_is_alive_until_it_ends() -> None:
    code = "from ftexp.lease import Driver; print(Driver.here().model_dump_json(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        driver = driver_of(process)
        assert driver.is_alive is True
        process.communicate("")
    assert driver.is_alive is False


def test_another_process_of_the_same_id_is_not_taken_for_it() -> None:
    here = Driver.here()
    assert here.is_alive is True
    assert here.model_copy(update={"started": "1"}).is_alive is False
    assert here.model_copy(update={"boot": "an earlier start of the machine"}).is_alive is False


def test_of_another_machine_nothing_is_known() -> None:
    assert Driver.here().model_copy(update={"host": "elsewhere"}).is_alive is None
