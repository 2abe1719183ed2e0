from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_serialize import SETTINGS, TASK, serialize_source
from support_wheels import WheelSource

from hatch_flyte.config.values import Places
from hatch_flyte.errors import SerializeError

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.serialize import Serialized, Settings

pytestmark = pytest.mark.flytekit


def serialized(folder: Path, settings: Settings = SETTINGS, **modules: str) -> Serialized:
    files = {f"{name.replace('__', '/')}.py": source for name, source in modules.items()}
    return serialize_source(folder, WheelSource(files), settings)


def names(found: Serialized) -> list[str]:
    return [entity.name for entity in found.entities]


class TestTimeLimit:
    def test_an_import_that_hangs_ends_with_the_place_where_it_does(self, tmp_path: Path) -> None:
        source = "import time\n\ndef wait():\n    time.sleep(60)\n\nwait()\n"

        with pytest.raises(SerializeError) as caught:
            serialized(tmp_path, replace(SETTINGS, seconds=1), acme__slow=source)

        assert caught.value.message == (
            "serialize: importing acme.slow takes more than 1 s; it was here\n"
            '    File "acme/slow.py", line 6, in <module>\n      wait()\n'
            '    File "acme/slow.py", line 4, in wait\n      time.sleep(60)'
        )
        assert "raise `import-timeout`" in caught.value.hint

    def test_each_module_has_the_limit_for_itself(self, tmp_path: Path) -> None:
        slow = "import time\ntime.sleep(0.8)\n" + TASK

        assert len(names(serialized(tmp_path, replace(SETTINGS, seconds=2), a=slow, b=slow, c=slow))) == 3


class TestSideEffects:
    @pytest.mark.parametrize(
        "effect",
        {
            "a child that comes back": "import os\nos.fork()\n",
            "another working folder": "import os, tempfile\nos.chdir(tempfile.mkdtemp())\n",
            "another search path": "import sys\nsys.path[:] = [p for p in sys.path if 'hatch-flyte-' not in p]\n",
            "other streams": "import io, sys\nsys.stdout = sys.stderr = io.StringIO()\n",
            "signals": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n",
            "an open connection": "import socket\nserver = socket.create_server(('127.0.0.1', 0))\n",
            "a patched import": "import builtins\nreal = builtins.__import__\n"
            "builtins.__import__ = lambda *a, **k: real(*a, **k)\n",
            "a logger": "import logging\nlogging.basicConfig(level=0)\nlogging.debug('noise')\n",
        }.values(),
        ids=lambda text: text.split("\n")[1][:30],
    )
    def test_what_else_an_import_does_neither_breaks_nor_pollutes(self, tmp_path: Path, effect: str) -> None:
        plain = serialized(tmp_path, a=TASK, b=TASK)

        affected = serialized(tmp_path, a=TASK + "\n" + effect, b=TASK)

        assert [(one.name, one.data) for one in affected.entities] == [(one.name, one.data) for one in plain.entities]


class TestModules:
    MODULES = {  # noqa: RUF012 # as written below
        "acme__flows__daily": TASK,
        "acme__flows__hourly": TASK,
        "acme__lab__try_one": TASK,
        "other": TASK,
    }

    def test_globs_choose_modules(self, tmp_path: Path) -> None:
        found = serialized(tmp_path, replace(SETTINGS, modules=("acme.*.d*", "oth?r")), **self.MODULES)

        assert names(found) == ["acme.flows.daily.double", "other.double"]

    def test_what_is_excluded_is_not_imported(self, tmp_path: Path) -> None:
        modules = {**self.MODULES, "acme__lab__broken": "1/0"}

        found = serialized(tmp_path, replace(SETTINGS, exclude=("acme.lab",)), **modules)

        assert names(found) == ["acme.flows.daily.double", "acme.flows.hourly.double", "other.double"]

    def test_what_an_excluded_module_defines_is_left_out_where_another_imports_it(self, tmp_path: Path) -> None:
        modules = {"acme__lab": TASK, "acme__use": "from acme import lab\n" + TASK}

        assert names(serialized(tmp_path, replace(SETTINGS, exclude=("acme.lab",)), **modules)) == ["acme.use.double"]

    def test_a_pattern_to_exclude_that_means_nothing_is_told(self, tmp_path: Path) -> None:
        found = serialized(tmp_path, replace(SETTINGS, exclude=("acme.lab", "acme.labb", "flytekit.*")), **self.MODULES)

        assert found.unused == (
            "tool.hatch-flyte.exclude[1]: `acme.labb`",
            "tool.hatch-flyte.exclude[2]: `flytekit.*`",
        )

    def test_what_was_imported_from_elsewhere_is_in(self, tmp_path: Path) -> None:
        modules = {"acme__lab": TASK, "acme__use": "from acme import lab\n" + TASK}

        found = serialized(tmp_path, replace(SETTINGS, modules=("acme.use",)), **modules)

        assert sorted(names(found)) == ["acme.lab.double", "acme.use.double"]

    @pytest.mark.parametrize(
        ("settings", "where"),
        [
            (replace(SETTINGS, modules=("acme.nope.*",)), "tool.hatch-flyte.modules"),
            (replace(SETTINGS, optional=("acme.nope.*",)), "tool.hatch-flyte.optional-modules"),
            (replace(SETTINGS, modules=("acme.nope.*",), places=Places({"modules": "--modules"})), "--modules"),
        ],
    )
    def test_a_glob_that_means_nothing_is_refused(self, tmp_path: Path, settings: Settings, where: str) -> None:
        with pytest.raises(SerializeError) as caught:
            serialized(tmp_path, settings, **self.MODULES)

        assert caught.value.message == f"{where}: expected modules that the wheel ships (got `acme.nope.*`)"

    def test_main_cannot_be_asked_for(self, tmp_path: Path) -> None:
        with pytest.raises(SerializeError) as caught:
            serialized(tmp_path, replace(SETTINGS, modules=("acme.__main__",)), **self.MODULES)

        assert caught.value.hint == "A `__main__` is never imported: that would run it."


class TestOptionalModules:
    MODULES = {"acme__gpu": "import torch_that_is_not_here\n", "acme__use": TASK}  # noqa: RUF012 # as written below

    def test_one_that_fails_is_reported_and_left_out(self, tmp_path: Path) -> None:
        found = serialized(tmp_path, replace(SETTINGS, optional=("acme.gpu",)), **self.MODULES)

        assert names(found) == ["acme.use.double"]
        [skipped] = found.skipped
        assert skipped.modules == ("acme.gpu",)
        assert skipped.error == "ModuleNotFoundError: No module named 'torch_that_is_not_here'"

    def test_one_that_another_needs_keeps_that_from_importing(self, tmp_path: Path) -> None:
        modules = {**self.MODULES, "acme__use": "import acme.gpu\n" + TASK}

        with pytest.raises(SerializeError) as caught:
            serialized(tmp_path, replace(SETTINGS, optional=("acme.gpu",)), **modules)

        assert "acme.use: ModuleNotFoundError" in caught.value.message
        assert "acme.gpu:" not in caught.value.message
