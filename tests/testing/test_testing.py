"""The fixtures, as users' tests use them: in real pytest runs, from a folder that knows nothing of this one."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from support_archives import archive_of, launch_plan, task, workflow

import hatch_flyte
from hatch_flyte.archive import write_archive

PACKAGE = Path(hatch_flyte.__file__).parents[1]
CONFTEST = 'pytest_plugins = ["hatch_flyte.testing"]\n'


class Suite:
    """A user's tests, in a folder of their own, with every warning an error."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pytest.ini").write_text(
            "[pytest]\nfilterwarnings = error\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
        )
        (folder / "conftest.py").write_text(CONFTEST)
        write_archive(folder / "dist" / "acme_pipelines-1.0-flyte.tgz", archive_of())
        other = archive_of(task(image="ghcr.io/acme/p:2"), workflow(), launch_plan())
        write_archive(folder / "other" / "acme_pipelines-1.0-flyte.tgz", other)

    def run(self, test: str, *options: str, code: int = 0) -> str:
        """Run a module of tests; return what pytest says."""
        (self.folder / "test_acme.py").write_text(textwrap.dedent(test))
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", *options],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(PACKAGE), "PYTHONWARNINGS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    folder = tmp_path / "acme"
    folder.mkdir()
    return Suite(folder)


def test_a_users_test_publishes_and_looks(suite: Suite) -> None:
    said = suite.run("""
        import pytest
        from hatch_flyte.entity import Kind
        from hatch_flyte.errors import ArchiveError, ConflictError, NotFoundError

        def test_what_a_release_registers(flyte_registry):
            report = flyte_registry.publish("dist/acme_pipelines-1.0-flyte.tgz")
            assert report.summary == "3 created"
            assert [str(one) for one in flyte_registry.registered()] == [
                "task acme.double 1.0 in flytesnacks/development",
                "workflow acme.flow 1.0 in flytesnacks/development",
                "launch plan acme.flow 1.0 in flytesnacks/development",
            ]
            [only] = flyte_registry.registered(Kind.TASK)
            assert only.name == "acme.double"
            assert flyte_registry.task("acme.double").closure.compiled_task.template.container.image
            assert flyte_registry.workflow("acme.flow").closure.compiled_workflow.primary.template.nodes
            assert flyte_registry.launch_plan("acme.flow", "1.0").spec.workflow_id.name == "acme.flow"

        def test_begins_with_nothing(flyte_registry):
            assert flyte_registry.registered() == []

        def test_the_same_again_changes_nothing_and_other_content_is_a_conflict(flyte_registry):
            flyte_registry.publish("dist")
            assert flyte_registry.publish("dist").summary == "3 unchanged"
            with pytest.raises(ConflictError, match='image: sent "ghcr.io/acme/p:2", stored "ghcr.io/acme/p:1"'):
                flyte_registry.publish("other")
            flyte_registry.publish("other", version="2.0")
            assert flyte_registry.task("acme.double").id.version == "2.0"
            assert flyte_registry.task("acme.double", "1.0").id.version == "1.0"

        def test_other_places(flyte_registry):
            flyte_registry.publish("dist", project="acme", domain="production")
            assert flyte_registry.task("acme.double", project="acme", domain="production").id.project == "acme"
            for look in (flyte_registry.task, flyte_registry.workflow, flyte_registry.launch_plan):
                with pytest.raises(NotFoundError):
                    look("acme.double")

        def test_nothing_is_active_and_nothing_is_there(flyte_registry):
            flyte_registry.publish("dist")
            with pytest.raises(NotFoundError):
                flyte_registry.active_launch_plan("acme.flow")
            with pytest.raises(NotFoundError):
                flyte_registry.task("acme.double", "7")
            with pytest.raises(ArchiveError, match="none"):
                flyte_registry.publish(".")

        def test_it_can_be_emptied(flyte_registry):
            flyte_registry.publish("dist", project="acme")
            flyte_registry.clear()
            assert flyte_registry.registered() == []
            assert flyte_registry.publish("dist").summary == "3 created"
    """)

    assert "6 passed" in said


def test_it_works_inside_of_an_event_loop_and_gives_the_port(suite: Suite) -> None:
    said = suite.run("""
        from hatch_flyte.entity import Identifier, Kind

        async def test_async(flyte_registry):
            flyte_registry.publish("dist")
            identifier = Identifier(Kind.TASK, "flytesnacks", "development", "acme.double", "1.0")
            assert (await flyte_registry.port.get(identifier)).id.version == "1.0"
            assert [one.id.name async for one in flyte_registry.port.list(Kind.TASK, "flytesnacks", "development")]
            await flyte_registry.port.close()
            assert len(flyte_registry.registered()) == 3
    """)

    assert "1 passed" in said


def test_a_client_over_grpc_and_the_test_see_one_registry(suite: Suite) -> None:
    said = suite.run("""
        import grpc
        import pytest
        from flyteidl.admin.common_pb2 import ObjectGetRequest
        from flyteidl.admin.launch_plan_pb2 import LaunchPlanUpdateRequest
        from flyteidl.admin.project_pb2 import ProjectListRequest
        from flyteidl.service.admin_pb2_grpc import AdminServiceStub

        def test_served(flyte_registry):
            flyte_registry.publish("dist")
            flyte_registry.create_project("other")
            with grpc.insecure_channel(flyte_registry.address) as channel:
                admin = AdminServiceStub(channel)
                plan = flyte_registry.launch_plan("acme.flow")
                admin.UpdateLaunchPlan(LaunchPlanUpdateRequest(id=plan.id, state=1))
                task = admin.GetTask(ObjectGetRequest(id=flyte_registry.task("acme.double").id))
                assert task.id.name == "acme.double"
                names = {one.id for one in admin.ListProjects(ProjectListRequest(limit=9)).projects}
            assert names == {"flytesnacks", "other"}
            assert flyte_registry.active_launch_plan("acme.flow").id.version == "1.0"
            assert flyte_registry.environ == {
                "FLYTE_PLATFORM_URL": flyte_registry.address, "FLYTE_PLATFORM_INSECURE": "true",
            }

        def test_another_one(flyte_registry):
            assert flyte_registry.registered() == []
            assert flyte_registry.address.startswith("127.0.0.1:")
    """)

    assert "2 passed" in said


@pytest.mark.flytekit
def test_flytekit_registers_into_it(suite: Suite) -> None:
    said = suite.run(
        """
        from flytekit import task, workflow
        from flytekit.configuration import Config, Image, ImageConfig, SerializationSettings
        from flytekit.remote import FlyteRemote

        @task
        def double(x: int) -> int:
            return 2 * x

        @workflow
        def flow(x: int = 3) -> int:
            return double(x=x)

        def test_flytekit(flyte_registry):
            config = Config.for_endpoint(flyte_registry.address, insecure=True)
            remote = FlyteRemote(config, default_project="flytesnacks", default_domain="development")
            image = ImageConfig(Image("default", "ghcr.io/acme/p", "1"))
            settings = SerializationSettings(image, project="flytesnacks", domain="development", version="1")
            remote.register_workflow(flow, settings, version="1")
            assert [one.name for one in flyte_registry.registered()] == ["test_acme.double"] + 2 * ["test_acme.flow"]
            path, address = remote.upload_file(__import__("pathlib").Path(__file__))
            assert address.startswith("file://")
        """,
        "-W",
        "default",
    )

    assert "1 passed" in said


def test_the_sessions_registry_is_one_for_all_and_in_files(suite: Suite) -> None:
    said = suite.run("""
        import pytest

        @pytest.fixture(scope="session")
        def published(flyte_registry_session):
            flyte_registry_session.publish("dist")
            return flyte_registry_session

        def test_first(published):
            assert len(published.registered()) == 3

        def test_second(published, tmp_path_factory):
            assert len(published.registered()) == 3
            assert [*tmp_path_factory.getbasetemp().glob("flyte_registry*/registry.sqlite3")]
    """)

    assert "2 passed" in said


@pytest.mark.long
def test_each_worker_of_xdist_has_a_sessions_registry_of_its_own(suite: Suite) -> None:
    pytest.importorskip("xdist")
    said = suite.run(
        """
        import pytest

        @pytest.mark.parametrize("number", range(2))
        def test_it(flyte_registry_session, number, worker_id):
            flyte_registry_session.publish("dist", project=worker_id)
            assert {one.project for one in flyte_registry_session.registered()} == {worker_id}
        """,
        "-n2",
        "--dist=load",
    )

    assert "2 passed" in said


def test_a_conftest_that_imports_names_before_it_opts_in_is_not_warned(suite: Suite) -> None:
    imports = "from hatch_flyte.testing import FlyteRegistry\n"
    (suite.folder / "conftest.py").write_text(f"{imports}{CONFTEST}")

    assert "1 passed" in suite.run("def test_it(flyte_registry): pass\n")


def test_without_the_plugin_there_is_no_fixture(suite: Suite) -> None:
    (suite.folder / "conftest.py").write_text("")

    assert "fixture 'flyte_registry' not found" in suite.run("def test_it(flyte_registry): pass\n", code=1)


def test_it_serves_only_when_asked_and_needs_the_extra_only_then(suite: Suite) -> None:
    said = suite.run("""
        import sys
        import pytest
        from hatch_flyte.errors import RegistryError

        def test_it(flyte_registry, monkeypatch):
            monkeypatch.setitem(sys.modules, "starlette", None)
            monkeypatch.setitem(sys.modules, "uvicorn", None)
            flyte_registry.publish("dist")
            with pytest.raises(RegistryError, match="starlette, uvicorn not installed"):
                flyte_registry.address
    """)

    assert "1 passed" in said


def test_a_registry_costs_milliseconds(suite: Suite) -> None:
    said = suite.run(
        """
        import pytest

        @pytest.mark.parametrize("number", range(50))
        def test_it(flyte_registry, number):
            flyte_registry.publish("dist")
            assert len(flyte_registry.registered()) == 3
        """,
        "--durations=0",
        "--durations-min=0.5",
    )

    assert "50 passed" in said
    assert len([line for line in said.splitlines() if "test_it[" in line]) <= 2, said
