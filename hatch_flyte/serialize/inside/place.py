"""The place to work in: a temporary folder with the unpacked wheel, kept apart from the machine around it."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from hatch_flyte.serialize.inside.streams import FOLDER_PREFIX, Failure

if TYPE_CHECKING:
    from hatch_flyte.serialize.inside.streams import Streams


class Workplace:
    """A temporary folder: the unpacked wheel, an empty working folder, and a place for temporary files."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX)).resolve()
        self.root, self.empty, self.temporary = (self.folder / name for name in ("wheel", "empty", "temporary"))
        for folder in (self.root, self.empty, self.temporary):
            folder.mkdir()
        self._inside = f"{self.root}{os.sep}"
        self._lock = threading.Lock()

    def unpack(self, streams: Streams, files: list[tuple[str, str, bool]]) -> None:
        """Receive the wheel and lay out its `files`: name in the zip, name below the root, executable or not."""
        received = self.folder / "received.whl"
        try:
            with received.open("wb") as file:
                streams.receive_into(file)
            with zipfile.ZipFile(received) as archive:
                for member, name, executable in files:
                    self._lay_out(archive, member, self.root / name, 0o755 if executable else 0o644)
            received.unlink()
        except OSError as problem:  # a full disk, mostly
            raise Failure("room", folder=str(self.folder), error=problem.strerror or str(problem)) from problem
        except (zipfile.BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError) as problem:
            raise Failure("wheel", error=str(problem)) from problem

    @staticmethod
    def _lay_out(archive: zipfile.ZipFile, member: str, target: Path, mode: int) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(member) as content, target.open("wb") as file:
            shutil.copyfileobj(content, file)
        target.chmod(mode)

    def enter(self) -> None:
        """Go to the empty folder, and have the wheel first on `sys.path`, wherever the user's code has been since."""
        os.chdir(self.empty)
        root = str(self.root)
        sys.path[:] = [root, *(entry for entry in sys.path if entry != root)]

    def relative(self, path: str) -> str:
        """Return `path` below the root, with `/`; nothing if it lies elsewhere."""
        return path[len(self._inside) :].replace(os.sep, "/") if path.startswith(self._inside) else ""

    def without_root(self, text: str) -> str:
        """Return `text` with paths below the root made relative."""
        return text.replace(self._inside, "")

    def leave(self, code: int) -> NoReturn:
        """Remove the folder and end the process, whatever threads and exit functions the user's code left behind."""
        with self._lock:
            with contextlib.suppress(OSError):
                os.chdir(self.folder.parent)
            shutil.rmtree(self.folder, ignore_errors=True)
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
            os._exit(code)

    def shut_out_machine(self, sys_path: list[str] | None) -> None:
        """Hide what belongs to this machine and not to the wheel; before flytekit is imported."""
        for name in [name for name in os.environ if name.startswith(("FLYTE_", "FLYTECTL_", "_FLYTE", "_F_"))]:
            del os.environ[name]
        # With no configuration named, flytekit reads those of the home folder; of an empty file it makes an error.
        config = self.temporary / "flyte.yaml"
        config.write_text("hatch-flyte: {}\n", encoding="utf-8")
        os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(self.temporary)))
        os.environ["FLYTECTL_CONFIG"] = str(config)
        os.environ["FLYTE_SDK_RICH_TRACEBACKS"] = "0"
        os.environ["GIT_CEILING_DIRECTORIES"] = str(self.folder)  # flytekit asks git what an image's source ignores
        tempfile.tempdir = None
        if sys_path is not None:
            sys.path[:] = sys_path
        os.chdir(self.empty)
