"""The local registry in this process, through the port."""

from __future__ import annotations

import subprocess
import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from flyteidl.admin.project_pb2 import Project
from registry.entities import DOMAIN, PROJECT, launch_plan, named, task, trio, workflow

from hatch_flyte.bundle import Bundle
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import AlreadyExistsError, ConflictError, NotFoundError, RegistryError, RejectedError
from hatch_flyte.registry.local import LocalRegistry, default_folder, open_local
from hatch_flyte.registry.store import Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hatch_flyte.registry.port import Registry

BUNDLE = Bundle("0123456789abcdef0123456789abcdef", b"\x1f\x8bdata")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[LocalRegistry]:
    registry = open_local(folder)
    try:
        yield registry
    finally:
        await registry.close()


async def listed(registry: Registry, kind: Kind, **narrowed: str) -> list[tuple[str, str]]:
    found: list[Any] = [one async for one in registry.list(kind, PROJECT, DOMAIN, **narrowed)]
    return [(one.id.name, one.id.version) for one in found]


async def test_it_is_a_registry_and_its_place_is_its_file(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as local:
        registry: Registry = local
        assert registry.place == str(tmp_path / "data" / "registry.sqlite3")


async def test_what_is_created_can_be_read_listed_and_is_there_in_the_next_process(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        for identifier, spec in trio():
            await registry.create(identifier, spec)
    async with opened(tmp_path) as registry:
        for identifier, _ in trio():
            message: Any = await registry.get(identifier)
            assert (message.id.name, message.id.version) == ("load", "1")
            assert message.closure.created_at.seconds > 1_700_000_000
            assert await listed(registry, identifier.kind) == [("load", "1")]


async def test_a_workflow_is_answered_compiled_and_listed_by_its_interface(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        for identifier, spec in trio()[:2]:
            await registry.create(identifier, spec)
        whole: Any = await registry.get(named(Kind.WORKFLOW))
        compiled = whole.closure.compiled_workflow
        assert [node.id for node in compiled.primary.template.nodes] == ["start-node", "end-node", "n0"]
        assert [one.template.container.image for one in compiled.tasks] == ["ghcr.io/acme/pipelines:1"]
        [brief] = [one async for one in registry.list(Kind.WORKFLOW, PROJECT, DOMAIN)]
        template = brief.closure.compiled_workflow.primary.template  # type: ignore[attr-defined] # a Workflow
        assert [field.name for field, _ in template.ListFields()] == ["interface"]


async def test_lists_have_the_newest_first_and_can_be_narrowed(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        for name, version in (("a", "1"), ("b", "1"), ("a", "2")):
            await registry.create(named(Kind.TASK, name, version), task())
        assert await listed(registry, Kind.TASK) == [("a", "2"), ("b", "1"), ("a", "1")]
        assert await listed(registry, Kind.TASK, version="1") == [("b", "1"), ("a", "1")]
        assert await listed(registry, Kind.TASK, name="a") == [("a", "2"), ("a", "1")]
        assert await listed(registry, Kind.TASK, name="a", version="1") == [("a", "1")]
        assert await listed(registry, Kind.WORKFLOW) == []


async def test_again_is_told_from_different(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        identifier = named(Kind.TASK)
        await registry.create(identifier, task())
        with pytest.raises(AlreadyExistsError, match=r"^task with identical structure already exists$") as again:
            await registry.create(identifier, task())
        assert again.value.identifier == identifier
        with pytest.raises(ConflictError, match=r"/template/Target/Container/image:\n\t- .*:1 \n\t\+ .*:2$") as other:
            await registry.create(identifier, task("ghcr.io/acme/pipelines:2"))
        assert other.value.identifier == identifier
        stored: Any = await registry.get(identifier)
        assert stored.closure.compiled_task.template.container.image == "ghcr.io/acme/pipelines:1"


async def test_what_is_referred_to_must_be_there(tmp_path: Path) -> None:
    absent = named(Kind.TASK, "ghost")
    async with opened(tmp_path) as registry:
        with pytest.raises(RejectedError, match=r"failed to compile workflow .* missing entity of type TASK .*ghost"):
            await registry.create(named(Kind.WORKFLOW), workflow(absent))
        with pytest.raises(NotFoundError, match="missing entity of type WORKFLOW"):
            await registry.create(named(Kind.LAUNCH_PLAN), launch_plan(named(Kind.WORKFLOW)))
        with pytest.raises(NotFoundError, match="missing entity of type TASK"):
            await registry.get(absent)
        assert await listed(registry, Kind.WORKFLOW) == []


async def test_a_project_is_made_when_something_is_first_registered_in_it(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        assert await registry.domains("pipelines") == frozenset({"development", "staging", "production"})
        await registry.create(Identifier(Kind.TASK, "pipelines", "production", "load", "1"), task())
        with pytest.raises(RejectedError, match=r"domain \[moon\] is unrecognized by system"):
            await registry.create(Identifier(Kind.TASK, PROJECT, "moon", "load", "1"), task())
        with pytest.raises(RejectedError, match=r"project \[other\] not found"):
            await registry.create(Identifier(Kind.TASK, "other", "moon", "load", "1"), task())
        with pytest.raises(RejectedError, match=r"invalid project id \[Other\]"):
            await registry.create(Identifier(Kind.TASK, "Other", "staging", "load", "1"), task())
        with pytest.raises(RejectedError, match=r"invalid project id \[Other\]"):
            await registry.domains("Other")


async def test_asking_for_domains_makes_no_project(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        await registry.domains("pipelines")
    store = Store(tmp_path)
    assert store.find_project("pipelines") is None
    store.close()


async def test_an_archived_project_has_no_domains(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.insert_project(Project(id="old", name="old", state=Project.ARCHIVED))
    store.close()
    async with opened(tmp_path) as registry:
        assert await registry.domains("old") is None
        with pytest.raises(RejectedError, match=r"project \[old\] is not active"):
            await registry.create(Identifier(Kind.TASK, "old", DOMAIN, "load", "1"), task())


async def test_a_bundle_is_kept_under_its_digest(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        expected = f"file://{tmp_path}/blobs/{PROJECT}/{DOMAIN}/{BUNDLE.digest}/{BUNDLE.file_name}"
        before = await registry.locate(PROJECT, DOMAIN, BUNDLE)
        assert (before.url, before.stored) == (expected, False)
        assert not (tmp_path / "blobs").exists()
        assert (await registry.upload(PROJECT, DOMAIN, BUNDLE)).url == expected
        after = await registry.locate(PROJECT, DOMAIN, BUNDLE)
        assert (after.url, after.stored) == (expected, True)
        file = tmp_path / expected.removeprefix(f"file://{tmp_path}/")
        assert file.read_bytes() == BUNDLE.data
        await registry.upload(PROJECT, DOMAIN, Bundle(BUNDLE.digest, b"compressed by another"))
        assert file.read_bytes() == BUNDLE.data


async def test_the_files_failures_reach_the_caller_as_they_are(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        registry._store._database.connection.execute("PRAGMA query_only = 1")
        with pytest.raises(RegistryError, match=r"registry\.sqlite3: not writable"):
            await registry.create(named(Kind.TASK), task())


def test_the_default_folder_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder().is_relative_to(tmp_path)
    assert default_folder().name == "hatch-flyte"


def test_neither_grpc_nor_what_serves_is_imported() -> None:
    script = (
        "import sys, hatch_flyte.registry.local; print({'grpc', 'starlette', 'uvicorn', 'urllib3'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


async def test_a_list_of_more_than_a_page_leaves_nothing_out_and_has_nothing_twice(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        for version in range(1001):
            await registry.create(named(Kind.TASK, "load", f"{version}"), task())

        assert await listed(registry, Kind.TASK) == [("load", f"{version}") for version in range(1000, -1, -1)]
