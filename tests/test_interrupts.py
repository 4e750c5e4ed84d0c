from __future__ import annotations

import signal
import threading
from collections.abc import Iterator

import pytest

from ftexp.interrupts import held_back


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    """Whatever the tests were started from: in the background a shell has SIGINT ignored."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_an_interrupt_comes_when_the_work_has_come_to_its_end(capfd) -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), held_back("stopping soon") as held:
        assert not held.asked
        signal.raise_signal(signal.SIGINT)
        reached.append(held.asked)
    assert reached == [True]
    assert capfd.readouterr().err == "ftexp: stopping soon\n"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_comes_at_once() -> None:
    reached = []
    with pytest.raises(KeyboardInterrupt), held_back("stopping soon"):
        signal.raise_signal(signal.SIGINT)
        reached.append(1)
        signal.raise_signal(signal.SIGINT)
        reached.append(2)
    assert reached == [1]


def test_an_error_in_the_work_is_not_hidden_by_an_interrupt() -> None:
    with pytest.raises(ValueError, match="the work"), held_back("stopping soon"):
        signal.raise_signal(signal.SIGINT)
        raise ValueError("the work")


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup has it
    with held_back("stopping soon") as held:
        signal.raise_signal(signal.SIGHUP)
        assert not held.asked


def test_outside_the_main_thread_nothing_is_held_back() -> None:
    asked = []

    def work() -> None:
        with held_back("stopping soon") as held:
            asked.append(held.asked)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert asked == [False]
