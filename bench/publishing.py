"""Measure publishing with the archive in hand: against a naive client, in size, in number of clusters, and planning."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archives import write_load
from delay import delayed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from measure import Measured
    from run import Bench

FAR = 0.05
"""Seconds of a round trip to a cluster that is far away."""
SCALES = (1_000, 3_000, 10_000)
CLUSTERS = 4
RUNS = 3
HERE = Path(__file__).parent


def naive_rows(bench: Bench) -> Iterator[str]:
    """Measure a first registration of 1,000 against a naive client, with no delay: the better of several runs each."""
    archive = _archive(bench, 1_000)
    alone: dict[str, list[float]] = {"naive": [], "hatch-flyte": []}
    whole: dict[str, list[float]] = {"naive": [], "hatch-flyte": []}
    for _ in range(RUNS):
        for client, seconds in alone.items():
            with bench.server() as port:
                measured = bench.command("python", str(HERE / "creating.py"), client, str(archive), str(port))
            seconds.append(float(measured.said))
            if client == "naive":
                whole[client].append(measured.seconds)
        with bench.server() as port:
            whole["hatch-flyte"].append(_publish(bench, archive, [port]).seconds)
    for what, runs in (("creating alone", alone), ("the whole command", whole)):
        peer, ours = min(runs["naive"]), min(runs["hatch-flyte"])
        yield f"| {what} | {peer:.2f} s | {ours:.2f} s | **{peer / ours:.2f}** |"


def scale_rows(bench: Bench) -> Iterator[str]:
    """Measure archives of several sizes, first and again, and the memory that takes."""
    for count in SCALES:
        archive = _archive(bench, count)
        with bench.server() as port:
            first = _publish(bench, archive, [port])
            again = _publish(bench, archive, [port])
        each = f"{first.seconds / count * 1000:.2f} ms | {again.seconds / count * 1000:.2f} ms"
        peak = max(first.parent, again.parent)
        yield f"| {count:,} | {first.seconds:.2f} s | {again.seconds:.2f} s | {each} | {peak:.0f} MiB |"


def plan_rows(bench: Bench) -> Iterator[str]:
    """Measure what only reads: a plan before and after a publish of 1,000, and a publish with nothing to do."""
    archive = _archive(bench, 1_000)
    with bench.server() as server:
        for seconds in (0.0, FAR):
            with delayed(server, seconds) as port:
                new = _plan(bench, archive, port) if not seconds else None
                if not seconds:
                    _publish(bench, archive, [port])
                done, nothing = _plan(bench, archive, port), _publish(bench, archive, [port]).seconds
            shown = f"{new:.2f} s" if new is not None else ""
            yield f"| {seconds * 1000:.0f} ms | {shown} | {done:.2f} s | {nothing:.2f} s |"


def cluster_rows(bench: Bench) -> Iterator[str]:
    """Measure four clusters at once against one, first registrations of 1,000."""
    archive = _archive(bench, 1_000)
    with contextlib.ExitStack() as servers:
        ports = [servers.enter_context(bench.server()) for _ in range(CLUSTERS + 1)]
        far = [servers.enter_context(delayed(port, FAR)) for port in ports]
        one, four = (_publish(bench, archive, some).seconds for some in (far[:1], far[1:]))
        yield f"| `hatch-flyte serve`, 50 ms away | {one:.2f} s | {four:.2f} s | **{four / one:.2f}** |"
    with contextlib.ExitStack() as servers:
        ports = [servers.enter_context(_asleep()) for _ in range(CLUSTERS)]
        one, four = (_publish(bench, archive, some).seconds for some in (ports[:1], ports))
        yield f"| servers that sleep for 80 ms | {one:.2f} s | {four:.2f} s | **{four / one:.2f}** |"


def _archive(bench: Bench, count: int) -> Path:
    path = bench.folder / f"load-{count}" / "load-1.0-flyte.tgz"
    if not path.exists():
        path.parent.mkdir()
        write_load(path, count)
    return path


def _publish(bench: Bench, archive: Path, ports: Sequence[int]) -> Measured:
    clusters = _name_clusters(archive.parent, ports)
    return bench.command("hatch-flyte", "publish", str(archive), *clusters, cwd=archive.parent)


def _plan(bench: Bench, archive: Path, port: int) -> float:
    clusters = _name_clusters(archive.parent, [port])
    return bench.command("hatch-flyte", "plan", str(archive), *clusters, cwd=archive.parent).seconds


def _name_clusters(folder: Path, ports: Sequence[int]) -> list[str]:
    tables = [
        f'[tool.hatch-flyte.clusters.c{port}]\nendpoint = "127.0.0.1:{port}"\n'
        'project = "flytesnacks"\ndomain = "development"\n'
        for port in ports
    ]
    (folder / "pyproject.toml").write_text("\n".join(tables))
    return [word for port in ports for word in ("-c", f"c{port}")]


@contextlib.contextmanager
def _asleep() -> Iterator[int]:
    command = [sys.executable, str(HERE / "asleep.py")]
    process: Any = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()
