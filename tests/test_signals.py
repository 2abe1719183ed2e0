from __future__ import annotations

import os
import signal
import threading

import pytest

from hatch_flyte.signals import ENDING, as_ctrl_c


def send(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", ENDING)
def test_it_is_ctrl_c_in_the_block_and_what_it_was_after_it(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), as_ctrl_c():
        send(number)

    assert [signal.getsignal(one) for one in ENDING] == [signal.SIG_DFL] * len(ENDING)


def test_the_next_ones_do_not_cut_cleaning_up_off() -> None:
    cleaned = []

    def work() -> None:
        try:
            send(signal.SIGHUP)
        finally:
            for number in ENDING:
                send(number)
                cleaned.append(number)

    with pytest.raises(KeyboardInterrupt), as_ctrl_c():
        work()

    assert cleaned == ENDING


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda _number, _frame: None])
def test_a_signal_that_is_ignored_or_handled_is_left_alone(handler: signal.Handlers) -> None:
    before = signal.signal(signal.SIGHUP, handler)
    try:
        with as_ctrl_c():
            send(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is handler
    finally:
        signal.signal(signal.SIGHUP, before)


def test_outside_of_the_main_thread_it_does_nothing() -> None:
    done = threading.Event()

    def work() -> None:
        with as_ctrl_c():
            done.set()

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done.is_set()
