from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, foreign, launch_plan, task, workflow
from support_registries import TARGET, Unreliable

from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.config import Target
from hatch_flyte.errors import AlreadyExistsError, ConflictError, RejectedError, UnreachableError
from hatch_flyte.events import EntityDone, Looking, Registering
from hatch_flyte.order import Order
from hatch_flyte.outcome import Report, Status
from hatch_flyte.register import register, unsent
from hatch_flyte.registry.local import open_local
from hatch_flyte.registry.port import Location
from hatch_flyte.watch import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from google.protobuf.message import Message

    from hatch_flyte.archive import Archive
    from hatch_flyte.bundle import Bundle
    from hatch_flyte.entity import Identifier
    from hatch_flyte.errors import RegistryError
    from hatch_flyte.events import Event

BUNDLE = make_bundle([BundledFile("acme.py", b"x = 1\n")])


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Unreliable]:
    registry = Unreliable(open_local(tmp_path))
    yield registry
    await registry.close()


async def run(registry: Unreliable, archive: Archive | None = None, watch: Watch | None = None, **how: Any) -> Report:
    registry.writes.clear()
    order = Order(archive=archive or archive_of(), version="1.0", **how)
    return await register(order, TARGET, registry, watch or Watch())


def statuses(report: Report) -> list[str]:
    return [outcome.status.value for outcome in report.outcomes]


class TestFirstAndAgain:
    async def test_everything_is_created_in_dependency_order(self, registry: Unreliable) -> None:
        report = await run(registry)

        assert statuses(report) == ["created", "created", "created"]
        assert registry.writes == ["task acme.double", "workflow acme.flow", "launch plan acme.flow"]
        assert report.exit_code == 0

    async def test_the_order_does_not_depend_on_the_archives(self, registry: Unreliable) -> None:
        await run(registry, archive_of(launch_plan(), workflow(), task()))

        assert registry.writes == ["task acme.double", "workflow acme.flow", "launch plan acme.flow"]

    async def test_again_nothing_is_written(self, registry: Unreliable) -> None:
        await run(registry)

        report = await run(registry)

        assert statuses(report) == ["unchanged", "unchanged", "unchanged"]
        assert registry.writes == []

    async def test_what_is_missing_is_added(self, registry: Unreliable) -> None:
        await run(registry, archive_of(task()))

        report = await run(registry)

        assert statuses(report) == ["unchanged", "created", "created"]

    async def test_an_archive_of_pyflyte_is_registered_too(self, registry: Unreliable) -> None:
        assert (await run(registry, foreign(archive_of()))).ok

    async def test_a_dry_run_writes_nothing(self, registry: Unreliable) -> None:
        await run(registry, archive_of(task()))

        report = await run(registry, dry_run=True)

        assert statuses(report) == ["unchanged", "would be created", "would be created"]
        assert registry.writes == []
        assert report.ok

    async def test_somebody_who_looks_on_hears_of_every_outcome(self, registry: Unreliable) -> None:
        heard: list[Event] = []

        await run(registry, watch=Watch(on_event=heard.append))

        assert [type(event) for event in heard] == [Looking, Registering, *[EntityDone] * 3]
        assert [event.outcome.status for event in heard if isinstance(event, EntityDone)] == [Status.CREATED] * 3


class TestConflicts:
    async def test_a_conflict_names_the_field_and_nothing_is_written(self, registry: Unreliable) -> None:
        await run(registry, archive_of(task()))

        report = await run(registry, archive_of(task(image="ghcr.io/acme/p:2"), workflow(), launch_plan()))

        assert statuses(report) == ["conflict", "skipped", "skipped"]
        assert [one.field for one in report.outcomes[0].differences] == ["template.container.image"]
        assert "task acme.double 1.0 in flytesnacks/development is in conflict" in report.outcomes[1].detail
        assert registry.writes == []
        assert report.exit_code == 8

    async def test_keeping_going_registers_what_does_not_need_it(self, registry: Unreliable) -> None:
        await run(registry, archive_of(task()))
        changed = archive_of(task(image="ghcr.io/acme/p:2"), workflow(), launch_plan(), task("acme.other"))

        report = await run(registry, changed, keep_going=True)

        assert statuses(report) == ["conflict", "skipped", "skipped", "created"]
        assert "it needs task acme.double" in report.outcomes[1].detail
        assert report.exit_code == 8

    @pytest.mark.parametrize("answer", [AlreadyExistsError("identical"), ConflictError("different structure")])
    async def test_what_somebody_else_registered_in_the_meantime_is_judged_by_its_content(
        self, registry: Unreliable, answer: RegistryError
    ) -> None:
        await run(registry)
        registry.hidden = {"workflow acme.flow", "task acme.double"}
        registry.failures = {"workflow acme.flow": answer, "task acme.double": answer}

        same = await run(registry, archive_of(task(), workflow()))
        other = await run(registry, archive_of(task(image="ghcr.io/acme/p:2")))

        assert statuses(same) == ["unchanged", "unchanged"]
        assert statuses(other) == ["conflict"]
        assert [one.field for one in other.outcomes[0].differences] == ["template.container.image"]

    async def test_already_exists_is_no_proof(self, registry: Unreliable) -> None:
        registry.failures = {"workflow acme.flow": AlreadyExistsError("value with matching already exists")}
        registry.lost = {"workflow acme.flow"}

        report = await run(registry)

        assert statuses(report) == ["created", "failed", "skipped"]
        assert "cannot be read back" in report.outcomes[1].detail
        assert "register under another version" in report.outcomes[1].detail

    async def test_an_own_description_of_a_required_input_is_compared_with_the_workflows(
        self, registry: Unreliable
    ) -> None:
        plan = launch_plan()
        parameter = plan.spec.default_inputs.parameters["a"]
        parameter.required = True
        parameter.var.CopyFrom(workflow().template.interface.inputs.variables["a"])
        parameter.var.description = "mine"
        await run(registry, archive_of(task(), workflow(), plan))

        report = await run(registry)

        assert statuses(report) == ["unchanged", "unchanged", "conflict"]


class TestFailures:
    async def test_after_a_refusal_nothing_new_is_sent(self, registry: Unreliable) -> None:
        registry.failures = {"task acme.double": RejectedError("missing image")}

        report = await run(registry)

        assert statuses(report) == ["failed", "skipped", "skipped"]
        assert report.outcomes[0].detail == "missing image"
        assert report.outcomes[1].detail == "not sent: task acme.double 1.0 in flytesnacks/development failed"
        assert registry.writes == ["task acme.double"]
        assert report.exit_code == 7

    async def test_keeping_going_sends_what_does_not_need_it(self, registry: Unreliable) -> None:
        registry.failures = {"task acme.double": RejectedError("missing image")}
        other = (task("acme.other"), workflow("acme.else", of="acme.other"))

        report = await run(registry, archive_of(task(), workflow(), *other), keep_going=True)

        assert statuses(report) == ["failed", "skipped", "created", "created"]

    async def test_a_reference_that_is_nowhere_is_found_before_anything_is_sent(self, registry: Unreliable) -> None:
        report = await run(registry, archive_of(task(), workflow(of="acme.gone"), launch_plan()))

        assert statuses(report) == ["skipped", "failed", "skipped"]
        assert "it needs task acme.gone 1.0 in flytesnacks/development" in report.outcomes[1].detail
        assert (registry.writes, report.exit_code) == ([], 7)

    async def test_keeping_going_sends_what_does_not_need_what_is_nowhere(self, registry: Unreliable) -> None:
        report = await run(registry, archive_of(task(), workflow(of="acme.gone"), launch_plan()), keep_going=True)

        assert statuses(report) == ["created", "failed", "skipped"]

    async def test_an_error_while_reading_back_is_the_entitys_failure(self, registry: Unreliable) -> None:
        class Away(Unreliable):
            async def get(self, identifier: Identifier) -> Message:
                raise UnreachableError(f"away: {identifier.name}")

        away = Away(registry.registry)
        away.failures = {"task acme.double": AlreadyExistsError("there")}

        report = await run(away, archive_of(task()))

        assert statuses(report) == ["failed"]
        assert report.exit_code == 5

    async def test_a_project_that_is_unknown_stops_before_anything_is_sent(self, registry: Unreliable) -> None:
        class Empty(Unreliable):
            async def domains(self, project: str) -> frozenset[str] | None:
                return frozenset({"development"}) if project == "flytesnacks" else None

        empty = Empty(registry.registry)
        order = Order(archive=archive_of(), version="1.0")
        elsewhere = Target("staging", None, insecure=False, project="nope", domain="development")
        wrong_domain = Target("staging", None, insecure=False, project="flytesnacks", domain="prod")

        project = await register(order, elsewhere, empty, Watch())
        domain = await register(order, wrong_domain, empty, Watch())

        assert "expected a project that it has (got 'nope')" in str(project.error)
        assert "expected one of the domains development (got 'prod')" in str(domain.error)
        assert statuses(project) == statuses(domain) == ["skipped"] * 3
        assert (project.exit_code, domain.exit_code, empty.writes) == (7, 7, [])

    async def test_a_registry_that_could_not_be_opened_has_a_report_too(self) -> None:
        problem = UnreachableError("read-only")

        report = unsent(Order(archive=archive_of(), version="1.0"), TARGET, problem.message, error=problem)

        assert statuses(report) == ["skipped"] * 3
        assert report.exit_code == 5


class TestStopping:
    async def test_stopped_before_the_look_nothing_is_sent(self, registry: Unreliable) -> None:
        class Slow(Unreliable):
            async def domains(self, project: str) -> frozenset[str] | None:
                await asyncio.sleep(3600)
                return await super().domains(project)

        slow, watch = Slow(registry.registry), Watch()
        asyncio.get_running_loop().call_later(0.05, watch.stop.set)

        report = await run(slow, watch=watch)

        assert statuses(report) == ["skipped"] * 3
        assert report.outcomes[0].detail == "not sent: interrupted"
        assert report.exit_code == 130

    async def test_stopped_in_the_middle_what_is_in_flight_ends_and_the_rest_is_named(
        self, registry: Unreliable
    ) -> None:
        watch = Watch()
        registry.before_create = lambda _identifier: watch.stop.set()

        report = await run(registry, watch=watch)

        assert statuses(report) == ["created", "skipped", "skipped"]
        assert report.exit_code == 130
        registry.before_create = lambda _identifier: None
        assert statuses(await run(registry)) == ["unchanged", "created", "created"]


class TestBundles:
    @pytest.fixture
    def archive(self) -> Archive:
        return archive_of(task(arguments=BUNDLE_ARGUMENTS), workflow(), launch_plan(), bundle=BUNDLE)

    async def test_a_bundle_is_uploaded_once_and_before_the_tasks(self, registry: Unreliable, archive: Archive) -> None:
        first = await run(registry, archive)
        assert registry.writes[0] == "bundle"
        again = await run(registry, archive)

        assert (first.uploaded, again.uploaded) == (True, False)
        assert statuses(again) == ["unchanged"] * 3
        assert registry.writes == []

    async def test_tasks_hold_the_address(self, registry: Unreliable, archive: Archive) -> None:
        report = await run(registry, archive)

        stored = await registry.get(report.outcomes[0].identifier)
        assert report.bundle is not None
        assert report.bundle.url in stored.closure.compiled_task.template.container.args  # type: ignore[attr-defined] # an admin.Task

    async def test_a_bundle_no_task_asks_for_is_not_uploaded(self, registry: Unreliable) -> None:
        report = await run(registry, archive_of(bundle=BUNDLE))

        assert report.ok
        assert "bundle" not in registry.writes

    async def test_a_failed_upload_sends_nothing_else(self, registry: Unreliable, archive: Archive) -> None:
        registry.failures = {"bundle": UnreachableError("the store is away")}

        report = await run(registry, archive)

        assert statuses(report) == ["skipped"] * 3
        assert registry.writes == ["bundle"]
        assert "the store is away" in str(report.error)

    async def test_a_bundle_that_is_acknowledged_and_not_stored_stops_it_before_anything_needs_it(
        self, registry: Unreliable, archive: Archive
    ) -> None:
        class Forgetful(Unreliable):
            async def upload(self, project: str, domain: str, bundle: Bundle) -> Location:
                return replace(await self.registry.locate(project, domain, bundle), stored=True)

        forgetful = Forgetful(registry.registry)

        report = await run(forgetful, archive)

        assert statuses(report) == ["skipped"] * 3
        assert (forgetful.writes, report.uploaded, report.exit_code) == ([], False, 7)
        assert "the bundle's upload was acknowledged, yet it is not there: file://" in str(report.error)

    async def test_a_store_that_puts_it_elsewhere_is_refused(self, registry: Unreliable, archive: Archive) -> None:
        class Elsewhere(Unreliable):
            async def upload(self, project: str, domain: str, bundle: Bundle) -> Location:
                await super().upload(project, domain, bundle)
                return Location("s3://elsewhere", stored=True)

        report = await run(Elsewhere(registry.registry), archive)

        assert "the bundle was stored at s3://elsewhere, not at file://" in str(report.error)
        assert report.exit_code == 7

    async def test_a_dry_run_uploads_nothing(self, registry: Unreliable, archive: Archive) -> None:
        report = await run(registry, archive, dry_run=True)

        assert report.ok
        assert registry.writes == []


async def test_refused_breaking_changes_are_named_with_their_rules_and_nothing_is_written(registry: Unreliable) -> None:
    await run(registry)
    order = Order(archive=archive_of(task(), workflow(), version="2.0"), version="2.0")
    registry.writes.clear()

    report = await register(order, replace(TARGET, breaking_changes="refuse"), registry, Watch())

    assert (statuses(report), registry.writes, report.exit_code) == (["skipped"] * 2, [], 9)
    assert "launch plan acme.flow: is not in this release (entity-removed)" in str(report.error)
    assert "--allow-breaking NAME" in str(report.error)
