"""Measure bundling against one pass of `gzip -6` over the same bytes: 10,000 files, 100 MB."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

FILES = 10_000
SIZE = 10_000


def write_wheel(path: Path) -> None:
    """Write a wheel of `FILES` files of `SIZE` bytes each: words, as in data that people ship."""
    draw = random.Random(0)  # noqa: S311 # the same bytes each time, no secret
    words = [f"word{number}" for number in range(5_000)]
    text = " ".join(draw.choices(words, k=2 * SIZE)).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(FILES):
            start = draw.randrange(len(text) - SIZE)
            archive.writestr(f"load/data/{number:05}.txt", text[start : start + SIZE])
        archive.writestr("load/__init__.py", "")
        archive.writestr("load-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: load\nVersion: 1.0\n")
        archive.writestr("load-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")


def main(wheel_path: str) -> None:
    """Print the seconds of `gzip -6` and of bundling, and the peak of this process in MiB."""
    from hatch_flyte.bundling import bundled, shipped_files
    from hatch_flyte.config import Sources, load
    from hatch_flyte.frontend import this_machine
    from hatch_flyte.wheel import read_wheel

    begin = time.perf_counter()
    wheel = read_wheel(Path(wheel_path))
    packaging = load(Sources(root=Path("/nonexistent"), environ={}, user_table={})).packaging
    with bundled(wheel, shipped_files(wheel, packaging, Path()), packaging, this_machine(Path())):
        ours = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    content = b"".join(wheel.read(file.name) for file in wheel.files)
    begin = time.perf_counter()
    subprocess.run(["gzip", "-6", "-c"], input=content, stdout=subprocess.DEVNULL, check=True)
    peer = time.perf_counter() - begin
    sys.stdout.write(f"{peer} {ours} {peak}\n")


if __name__ == "__main__":
    main(sys.argv[1])
