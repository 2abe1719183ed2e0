from __future__ import annotations

import subprocess
import sys

from hatch_flyte import hooks


def imported_by(script: str) -> set[str]:
    """Return the modules that are imported after `script`."""
    program = f"import sys\n{script}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_entry_point_costs_nothing() -> None:
    costly = {"click", "flyteidl", "flytekit", "google.protobuf", "grpc", "hatch", "packaging", "rich", "tenacity"}

    modules = imported_by("import hatch_flyte.hooks")

    assert modules.isdisjoint(costly)
    assert {name for name in modules if name.startswith("hatch_flyte")} == {"hatch_flyte", "hatch_flyte.hooks"}


def test_asking_for_the_build_hook_imports_what_builds_have() -> None:
    absent = {"click", "flyteidl", "flytekit", "google.protobuf", "grpc", "hatch", "rich", "tenacity", "urllib3"}

    modules = imported_by(
        "from hatch_flyte.hooks import *; import hatch_flyte.hooks as h; h.hatch_register_build_hook()"
    )

    assert modules.isdisjoint(absent)
    assert "hatchling" in modules


def test_each_plugin_has_the_name_that_tables_and_options_use() -> None:
    assert hooks.hatch_register_build_hook().PLUGIN_NAME == "flyte"
    assert hooks.hatch_register_publisher().PLUGIN_NAME == "flyte"


def test_hatchling_and_hatch_find_both_by_the_entry_point() -> None:
    from hatch.plugin.manager import PluginManager

    manager = PluginManager()

    assert manager.build_hook.get("flyte") is hooks.hatch_register_build_hook()
    assert manager.publisher.get("flyte") is hooks.hatch_register_publisher()
