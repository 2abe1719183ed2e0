from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support_serialize import TASK
from support_wheels import wheel_of
from test_package import packaging, surroundings

from hatch_flyte.errors import SerializeError
from hatch_flyte.package import package
from hatch_flyte.verify import verify

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.flytekit


def verified(folder: Path, source: str) -> None:
    wheel, settings, around = wheel_of(folder, acme__jobs=source), packaging(code="wheel"), surroundings(folder)
    verify(wheel, settings, around, package(wheel, settings, around))


def test_a_project_that_gives_the_same_every_time_passes_and_leaves_nothing(tmp_path: Path) -> None:
    verified(tmp_path, TASK)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["acme_pipelines-1.4-py3-none-any.whl", "out"]


@pytest.mark.parametrize(
    "value",
    [
        "str(time.time_ns())",
        "time.strftime('%z', time.localtime(0))",
        "'-'.join({'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'})",
        "os.environ.get('USER', '')",
    ],
)
def test_what_is_another_value_at_every_import_is_told_with_its_field(tmp_path: Path, value: str) -> None:
    source = TASK.replace("@task", f"import os, time\nV = {value}\n\n@task(environment={{'V': V}})")

    with pytest.raises(SerializeError) as caught:
        verified(tmp_path, source)

    assert "expected the same archive twice (got another one)" in caught.value.message
    assert "acme.jobs.double" in caught.value.message
    assert "environment" in caught.value.message
    assert "the order of a set" in caught.value.hint
