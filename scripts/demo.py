"""The main job, live: build the example's wheel, publish its archive to the local registry, look, publish again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from unreleased import EXAMPLE, build_own_wheel, environ_offering

STEPS = [
    ("Build the example's wheel; the hook writes the archive beside it", "hatch build -t wheel"),
    ("What is in the archive", "hatch-flyte show {archive}"),
    ("Publish it to the local registry", "hatch publish -p flyte -o cluster=local"),
    ("What is registered", "hatch-flyte list -c local"),
    ("Publish again: nothing to do", "hatch-flyte publish -c local"),
]


def main() -> int:
    """Run the steps in a copy of the example; return the exit code of the first that fails."""
    with tempfile.TemporaryDirectory(prefix="hatch-flyte-demo-") as name:
        # A fresh path each time: frontends cache build environments and local wheels by path.
        folder = Path(name).resolve()
        project = folder / EXAMPLE.name
        shutil.copytree(EXAMPLE, project, ignore=shutil.ignore_patterns("dist", ".venv", "__pycache__"))
        print("Building hatch-flyte itself ...", flush=True)
        build_own_wheel(folder / "wheels")
        environ = environ_offering(folder / "wheels", os.environ) | {"HATCH_FLYTE_DATA": str(folder / "registry")}
        for title, command in STEPS:
            words = command.format(archive=next((project / "dist").glob("*.tgz"), "")).split()
            print(f"\n# {title}\n$ {' '.join(words)}", flush=True)
            executable = shutil.which(words[0], path=f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}")
            code = subprocess.run([str(executable), *words[1:]], cwd=project, env=environ, check=False).returncode
            if code:
                print(f"failed with exit code {code}", file=sys.stderr)
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
