"""How many calls are in flight at servers of several kinds, which are simulated: no clock, and chance with a seed."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field

import pytest

from hatch_flyte.registry.window import FIRST, MOST, Window


@dataclass
class Server:
    """Answers after `service` seconds, `workers` at a time (0: all at once), at a distance of `round_trip` seconds."""

    service: float
    workers: int = 0
    round_trip: float = 0.0
    quota: int = 1000
    """Calls in flight that it bears; others are refused at once."""
    noise: random.Random | None = None
    most: int = 0
    """Calls that were in flight at once, at most."""
    refused: int = 0
    _free: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._free = [0.0] * self.workers

    def answers_at(self, now: float) -> float:
        service = self.service * (self.noise.uniform(0.5, 1.5) if self.noise else 1)
        if not self.workers:
            return now + self.round_trip + service
        ends = max(heapq.heappop(self._free), now + self.round_trip / 2) + service
        heapq.heappush(self._free, ends)
        return ends + self.round_trip / 2


def run(server: Server, window: Window | int, calls: int = 1000) -> float:
    """Send `calls`, as many at once as `window` lets, refused ones again; return the seconds that they take."""
    now, in_flight, sent = 0.0, 0, 0
    events: list[tuple[float, int, float, bool]] = []
    left = calls
    while left or events:
        while left and in_flight < (window if isinstance(window, int) else window.limit):
            left, in_flight, sent = left - 1, in_flight + 1, sent + 1
            server.most = max(server.most, in_flight)
            taken = in_flight <= server.quota
            heapq.heappush(events, (server.answers_at(now) if taken else now + 0.01, sent, now, taken))
        now, _, when, taken = heapq.heappop(events)
        if not taken:
            left, server.refused = left + 1, server.refused + 1
        if isinstance(window, Window):
            if taken:
                window.answered(when, now, full=left > 0)
            else:
                window.pushed_back(when, now)
        in_flight -= 1
    return now


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 # it guards nothing


def fastest(**server: float) -> float:
    return min(run(Server(**server), fixed) for fixed in (1, 2, 4, 8, 16, 32, 64))  # type: ignore[arg-type] # its fields


def test_it_begins_with_few_and_a_narrow_one_with_all_that_it_may() -> None:
    assert (FIRST, MOST) == (16, 64)
    assert (Window().limit, Window(3).limit) == (16, 3)


class TestParallelServer:
    def test_all_64_come_to_be_in_flight_and_never_more(self) -> None:
        server, window = Server(0.05), Window()
        run(server, window)
        assert (server.most, window.limit) == (64, 64)

    def test_it_is_much_faster_than_with_32(self) -> None:
        assert run(Server(0.05), Window()) < 0.65 * run(Server(0.05), 32)

    @pytest.mark.parametrize("seed", range(20))
    def test_answers_that_come_irregularly_change_nothing(self, seed: int) -> None:
        server, window = Server(0.05, noise=seeded(seed)), Window()
        assert run(server, window) < 0.75 * run(Server(0.05), 32)
        assert server.most == 64

    def test_a_narrow_window_is_not_passed(self) -> None:
        server = Server(0.05)
        run(server, Window(40))
        assert server.most == 40


class TestSerialServer:
    @pytest.mark.parametrize("round_trip", [0.0, 0.0005, 0.05])
    def test_it_is_no_slower_than_any_fixed_window(self, round_trip: float) -> None:
        assert run(Server(0.005, 1, round_trip), Window()) <= 1.03 * fastest(
            service=0.005, workers=1, round_trip=round_trip
        )

    def test_few_are_in_flight_in_the_end(self) -> None:
        server, window = Server(0.005, 1), Window()
        run(server, window)
        assert window.limit <= 8
        server.most = 0
        run(server, window, 200)
        assert server.most <= 16

    @pytest.mark.parametrize("seed", range(20))
    def test_not_even_where_it_takes_irregularly_long(self, seed: int) -> None:
        narrow = run(Server(0.005, 1, noise=seeded(seed)), 4)
        assert run(Server(0.005, 1, noise=seeded(seed)), Window()) <= 1.08 * narrow


@pytest.mark.parametrize(
    ("workers", "service", "round_trip"), [(2, 0.005, 0.05), (2, 0.002, 0.0005), (8, 0.05, 0.001), (20, 0.05, 0.005)]
)
def test_a_server_of_some_workers_is_kept_as_busy_as_any_fixed_window_keeps_it(
    workers: int, service: float, round_trip: float
) -> None:
    best = fastest(service=service, workers=workers, round_trip=round_trip)
    assert run(Server(service, workers, round_trip), Window()) <= 1.15 * best


class TestPushback:
    def test_a_server_that_bears_20_is_given_about_so_many_and_refuses_few(self) -> None:
        server, window = Server(0.05, quota=20), Window()
        run(server, window)
        assert 8 <= window.limit <= 30
        assert server.refused < 100

    def test_calls_that_were_refused_together_halve_it_once(self) -> None:
        window = Window()
        for _ in range(16):
            window.pushed_back(sent=1.0, now=1.1)
        assert window.limit == 8
        window.pushed_back(sent=1.2, now=1.3)
        assert window.limit == 4

    def test_one_call_is_always_let_through(self) -> None:
        window = Window()
        for second in range(10):
            window.pushed_back(sent=second, now=second + 0.5)
        assert window.limit == 1
        run(Server(0.05), window)
        assert window.limit > 1


class TestChange:
    def test_a_server_whose_answers_take_ever_longer_is_given_less(self) -> None:
        window = Window()
        run(Server(0.05), window)
        assert window.limit == 64
        run(Server(0.02, 1), window, 2000)
        assert window.limit < 32

    def test_one_that_is_given_little_is_given_more_once_that_pays(self) -> None:
        window = Window()
        run(Server(0.005, 1), window)
        assert window.limit < 16
        run(Server(0.05), window, 2000)
        assert window.limit == 64

    def test_after_a_pause_it_keeps_its_width_and_looks_anew(self) -> None:
        window = Window()
        run(Server(0.005, 1), window)
        before = window.limit
        window.idle()
        assert window.limit == before
        run(Server(0.05), window, 400)
        assert window.limit == 64

    def test_a_broken_connection_spoils_no_measurement(self) -> None:
        window = Window()
        for answer in range(10):
            window.answered(answer, answer + 0.5, full=True)
        window.disturbed()
        for answer in range(100, 115):
            window.answered(answer, answer + 0.5, full=True)
        assert window.limit == 16

    def test_answers_while_nobody_waits_tell_nothing(self) -> None:
        window = Window()
        for answer in range(100):
            window.answered(answer, answer + 0.5, full=False)
        assert window.limit == 16

    def test_answers_of_one_moment_are_waited_out(self) -> None:
        window = Window()
        for _ in range(100):
            window.answered(0, 1, full=True)
        assert window.limit == 16
