"""Measure hatch-flyte against pyflyte in one run, and write docs/benchmarks.md.

Both publish to the same server, `hatch-flyte serve` on this machine, through a proxy that adds round-trip time.
Every figure is the better of several runs; ratios are what counts, since machines differ.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from bundle import FILES, SIZE, write_wheel
from measure import REPEATS, Measured, measure
from peer import name_cluster, publish_rows
from projects import IMAGE, PUBLISHED, SIZES, Size, write_project
from publishing import cluster_rows, naive_rows, plan_rows, scale_rows
from registry import REGISTERED, compile_rows, rate_rows, share_rows, size_row
from unreleased import CHECKOUT, clean_environ

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BIN = Path(sys.executable).parent
_IMPORT_ALL = (
    "import pkgutil, importlib, sys; sys.path.insert(0, '.'); import flytekit.tools.serialize_helpers; import load\n"
    "for one in pkgutil.walk_packages(load.__path__, 'load.'): importlib.import_module(one.name)"
)
"""What packaging cannot save: importing flytekit and the project."""


@dataclass(frozen=True)
class Bench:
    """A folder to measure in, and the environment of the commands."""

    folder: Path
    environ: dict[str, str]

    def command(self, *words: str, cwd: Path | None = None) -> Measured:
        """Measure one command of this environment's `bin`."""
        return measure([str(BIN / words[0]), *words[1:]], cwd=cwd or self.folder, environ=self.environ)

    @contextlib.contextmanager
    def server(self, data: Path | None = None) -> Iterator[int]:
        """Serve a local registry, by default an empty one; give its port once it is ready."""
        data = data or Path(tempfile.mkdtemp(dir=self.folder))
        command = [str(BIN / "hatch-flyte"), "serve", "--port", "0", "--data", str(data)]
        ready = data / "ready"
        command += ["--ready-file", str(ready)]
        process = subprocess.Popen(command, env=self.environ, stdout=subprocess.DEVNULL)
        try:
            while not ready.exists():
                time.sleep(0.001)
                if process.poll() is not None:
                    raise SystemExit("hatch-flyte serve ended before it was ready")
            yield int(ready.read_text().split()[0].rsplit(":", 1)[1])
        finally:
            process.terminate()
            process.wait()


def best(runs: Sequence[Measured]) -> Measured:
    """Return the fastest run, with the smallest peaks of all."""
    fastest = min(runs, key=lambda run: run.seconds)
    return Measured(fastest.seconds, min(run.parent for run in runs), min(run.child for run in runs))


def package_row(bench: Bench, size: Size, project: Path) -> str:
    """Measure packaging with both."""
    wheel = next((project / "dist").glob("*.whl"))
    unpacked = bench.folder / f"unpacked-{size.entities}"
    shutil.unpack_archive(wheel, unpacked, "zip")
    peer = best(
        [
            bench.command(
                "pyflyte", "--pkgs", "load", "package", "--source", str(unpacked), "--image", IMAGE, "-f",
                "-o", str(bench.folder / "peer.tgz"),
            )
            for _ in range(REPEATS)
        ]
    )  # fmt: skip
    words = ("hatch-flyte", "package", str(wheel))
    checked = best([bench.command(*words, cwd=project) for _ in range(REPEATS)])
    ours = best([bench.command(*words, "--no-load-check", cwd=project) for _ in range(REPEATS)])
    importing = best([bench.command("python", "-c", _IMPORT_ALL, cwd=unpacked) for _ in range(REPEATS)])
    return (
        f"| {size.entities} | {peer.seconds:.2f} s | {ours.seconds:.2f} s | **{peer.seconds / ours.seconds:.1f}** "
        f"| {ours.seconds - importing.seconds:.2f} s | {checked.seconds:.2f} s | {peer.parent:.0f} MiB "
        f"| {ours.parent:.0f} MiB | {ours.child:.0f} MiB |"
    )


def bundle_row(bench: Bench) -> str:
    """Measure bundling against `gzip -6`."""
    wheel = bench.folder / "load-1.0-py3-none-any.whl"
    write_wheel(wheel)
    script = str(Path(__file__).parent / "bundle.py")
    runs = []
    for _ in range(REPEATS + 1):
        said = subprocess.run([sys.executable, script, str(wheel)], check=True, capture_output=True, text=True).stdout
        runs.append([float(word) for word in said.split()])
    peer, ours, peak = (min(column) for column in zip(*runs, strict=True))
    size = f"{FILES:,} files, {FILES * SIZE / 1e6:.0f} MB"
    return f"| {size} | {peer:.2f} s | {ours:.2f} s | **{ours / peer:.2f}** | {peak:.0f} MiB |"


def start_rows(bench: Bench) -> list[str]:
    """Measure what every call pays."""
    help_page = best([bench.command("hatch-flyte", "--help") for _ in range(5)])
    python = best([bench.command("python", "-c", "pass") for _ in range(5)])
    first = min(_first_request(bench) for _ in range(5))
    ready = min(_ready(bench) for _ in range(5))
    return [
        f"| `python -c pass` | {python.seconds:.3f} s |",
        f"| `hatch-flyte --help` | {help_page.seconds:.3f} s |",
        f"| `hatch-flyte publish`, from process start to the first request | {first:.3f} s |",
        f"| `hatch-flyte serve`, from process start to gRPC and uploads being ready | {ready:.3f} s |",
    ]


def registry_parts(bench: Bench) -> dict[str, list[str]]:
    """Measure the local registry."""
    rates, per_second = rate_rows(bench.server)
    shares = list(share_rows(bench.folder / "shares", per_second))
    sizes = [size_row(bench.server, partial(_ready, bench), bench.folder / "sized", count) for count in REGISTERED]
    return {"rates": rates, "shares": shares, "sizes": sizes, "compiled": list(compile_rows())}


def _ready(bench: Bench, data: Path | None = None) -> float:
    """Return the seconds from the start of a server until it has answered over HTTP, later than over gRPC."""
    data = data or Path(tempfile.mkdtemp(dir=bench.folder))
    begin = time.perf_counter()
    with bench.server(data):
        place = data.joinpath("ready").read_text().split()[1].removeprefix("http://")
        with contextlib.closing(http.client.HTTPConnection(place)) as connection:
            connection.request("GET", "/")
            connection.getresponse()
        return time.perf_counter() - begin


def _first_request(bench: Bench) -> float:
    """Return the seconds from the start of a publish to its first bytes at the endpoint."""
    import socket

    project, listener = bench.folder / "240", socket.create_server(("127.0.0.1", 0))
    name_cluster(project, listener.getsockname()[1])
    archive = next((project / "dist").glob("*.tgz"))
    begin = time.perf_counter()
    process = subprocess.Popen(
        [str(BIN / "hatch-flyte"), "publish", str(archive), "-c", "bench"],
        cwd=project, env=bench.environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    connection, _ = listener.accept()
    connection.recv(1)
    seconds = time.perf_counter() - begin
    process.kill()
    process.wait()
    connection.close()
    listener.close()
    return seconds


def _versions() -> str:
    from importlib.metadata import version

    names = ("flytekit", "flyteidl", "grpcio", "protobuf")
    return ", ".join(f"{name} {version(name)}" for name in names)


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def page(parts: dict[str, list[str]]) -> str:
    """Return the text of docs/benchmarks.md."""
    template = (Path(__file__).parent / "page.md").read_text()
    facts = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}",
        "versions": f"CPython {platform.python_version()}, {_versions()}",
        "repeats": str(REPEATS),
    }
    return template.format(**facts, **{name: "\n".join(rows) for name, rows in parts.items()})


def main() -> None:
    """Measure everything and write the page."""
    parts: dict[str, list[str]] = {"package": [], "publish": []}
    with tempfile.TemporaryDirectory(prefix="hatch-flyte-bench-") as name:
        folder = Path(name).resolve()
        environ = clean_environ(os.environ) | {"HOME": str(folder), "HATCH_FLYTE_DATA": str(folder / "registry")}
        environ.pop("CI", None)
        bench = Bench(folder, environ)
        for count, size in SIZES.items():
            project = folder / str(count)
            write_project(project, size)
            build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(project)]
            subprocess.run(build, env=environ, check=True, capture_output=True)
            row = package_row(bench, size, project)
            print(row, flush=True)
            parts["package"].append(row)
            if count in PUBLISHED:
                packaging = bench.command("hatch-flyte", "package", ".", "--no-load-check", cwd=project).seconds
                parts["publish"] += publish_rows(bench, size, project, packaging)
        parts["bundle"] = [bundle_row(bench)]
        parts["start"] = start_rows(bench)
        parts |= {"naive": list(naive_rows(bench)), "scales": list(scale_rows(bench))}
        parts |= {"plans": list(plan_rows(bench)), "clusters": list(cluster_rows(bench))}
        parts |= registry_parts(bench)
    (CHECKOUT / "docs" / "benchmarks.md").write_text(page(parts))


if __name__ == "__main__":
    main()
