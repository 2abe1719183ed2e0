"""Measure registering with pyflyte and with hatch-flyte: the same project, the same server, first and again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from delay import delayed
from measure import REPEATS
from projects import IMAGE, PUBLISHED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from projects import Size
    from run import Bench

LARGE = 1000
"""Entities from which one run is enough: the peer's takes minutes."""


@dataclass(frozen=True)
class Publishing:
    """First and second registration of one project, by one tool."""

    first: float
    again: float


def publish_with(bench: Bench, size: Size, project: Path, round_trip: float, *, peer: bool) -> Publishing:
    """Register a project in an empty registry, and once more."""
    runs = []
    for _ in range(REPEATS if size.entities < LARGE else 1):
        with bench.server() as server, delayed(server, round_trip) as port:
            runs.append([_register(bench, size, project, port, peer=peer) for _ in ("first", "again")])
    return Publishing(min(run[0] for run in runs), min(run[1] for run in runs))


def _register(bench: Bench, size: Size, project: Path, port: int, *, peer: bool) -> float:
    if not peer:
        name_cluster(project, port)
        archive = next((project / "dist").glob("*.tgz"))
        return bench.command("hatch-flyte", "publish", str(archive), "-c", "bench", cwd=project).seconds
    config = bench.folder / "config.yaml"
    config.write_text(f"admin:\n  endpoint: dns:///127.0.0.1:{port}\n  insecure: true\n")
    unpacked = bench.folder / f"unpacked-{size.entities}"
    words = ["pyflyte", "-c", str(config), "register", "--copy", "none", "--version", "1.0", "--image", IMAGE]
    return bench.command(*words, "-p", "flytesnacks", "-d", "development", "load", cwd=unpacked).seconds


def name_cluster(project: Path, port: int) -> None:
    """Name the server at `port` in a project's configuration, as the cluster `bench`."""
    table = project / "pyproject.toml"
    own = table.read_text().partition("\n[tool.hatch-flyte.clusters.bench]")[0].rstrip()
    table.write_text(
        f'{own}\n\n[tool.hatch-flyte.clusters.bench]\nendpoint = "127.0.0.1:{port}"\n'
        'project = "flytesnacks"\ndomain = "development"\n'
    )


def publish_rows(bench: Bench, size: Size, project: Path, packaging: float) -> Iterator[str]:
    """Measure registering with both at every round-trip time; `packaging` is what making the archive took."""
    for round_trip in PUBLISHED[size.entities]:
        peer = publish_with(bench, size, project, round_trip, peer=True)
        ours = publish_with(bench, size, project, round_trip, peer=False)
        whole = packaging + ours.first
        print(f"{size.entities} entities, {round_trip * 1000:.0f} ms: {peer} {ours}", flush=True)
        yield (
            f"| {size.entities} | {round_trip * 1000:.0f} ms | {peer.first:.2f} s | {ours.first:.2f} s "
            f"| **{peer.first / ours.first:.1f}** | {peer.again:.2f} s | {ours.again:.2f} s "
            f"| **{peer.again / ours.again:.1f}** | {whole:.2f} s | **{peer.first / whole:.1f}** |"
        )
