"""Publishing what another cluster holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow
from support_registries import TARGET

from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.config import Activation, Sources, load
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.deploy import Deployment
from hatch_flyte.life.promotion import promote
from hatch_flyte.order import Order
from hatch_flyte.outcome import Report
from hatch_flyte.plan import Plan, Verdict
from hatch_flyte.projects import Project
from hatch_flyte.shares import Errand

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.archive import Archive
    from hatch_flyte.config import Target


STAGING = replace(TARGET, cluster="staging", domain="staging")
PRODUCTION = replace(TARGET, cluster="production", domain="production")
AWAY = replace(TARGET, cluster="away", endpoint=parse_endpoint("127.0.0.1:1", insecure=True)[0], insecure=True)


class Releasing:
    """One archive on its way through clusters, which are domains of a local registry."""

    def __init__(self, folder: Path) -> None:
        environ = {"HATCH_FLYTE_DATA": str(folder / "registry")}
        self._project = Project(config=load(Sources(root=folder, environ=environ, user_table={})))

    def deployment(self, archive: Archive, *targets: Target, dry_run: bool = False) -> Deployment:
        order = Order(archive=archive, version="1.0", dry_run=dry_run)
        shares = [[Errand(order, target, self._project)] for target in targets]
        return Deployment(shares, lambda _event: None)

    def publish(self, archive: Archive, *targets: Target) -> None:
        assert all(one.report.ok for one in self.deployment(archive, *targets).publish())


@pytest.fixture
def releasing(tmp_path: Path) -> Releasing:
    return Releasing(tmp_path)


def test_what_staging_holds_exactly_is_published(releasing: Releasing) -> None:
    releasing.publish(archive_of(), STAGING)

    promotion = promote(releasing.deployment(archive_of(), PRODUCTION), [STAGING])

    assert promotion.proven
    assert [one.report.summary for one in promotion.published] == ["3 created"]
    assert promotion.exit_code == 0


def test_a_dry_run_proves_it_and_publishes_nothing(releasing: Releasing) -> None:
    releasing.publish(archive_of(), STAGING)

    promotion = promote(releasing.deployment(archive_of(), PRODUCTION, dry_run=True), [STAGING])

    assert promotion.proven
    assert [one.report.summary for one in promotion.published] == ["3 would be created"]


def test_what_staging_lacks_is_no_proof(releasing: Releasing) -> None:
    releasing.publish(archive_of(task()), STAGING)

    promotion = promote(releasing.deployment(archive_of(), PRODUCTION), [STAGING])

    [plan] = promotion.proof
    assert isinstance(plan, Plan)
    assert [one.verdict for one in plan.entities] == [Verdict.UNCHANGED, Verdict.NEW, Verdict.NEW]
    assert (promotion.proven, promotion.published, promotion.exit_code) == (False, (), 7)


def test_what_staging_holds_otherwise_is_a_conflict(releasing: Releasing) -> None:
    releasing.publish(archive_of(), STAGING)
    rebuilt = archive_of(task(image="ghcr.io/acme/p:2"), workflow(), launch_plan())

    promotion = promote(releasing.deployment(rebuilt, PRODUCTION), [STAGING])

    assert (promotion.proven, promotion.published, promotion.exit_code) == (False, (), 8)


def test_all_that_it_comes_from_have_to_hold_it(releasing: Releasing) -> None:
    other = replace(TARGET, cluster="other")
    releasing.publish(archive_of(), STAGING)

    promotion = promote(releasing.deployment(archive_of(), PRODUCTION), [STAGING, other])

    assert not promotion.proven
    assert promotion.exit_code == 7


def test_a_cluster_that_cannot_be_asked_is_no_proof(releasing: Releasing) -> None:
    promotion = promote(releasing.deployment(archive_of(), PRODUCTION), [AWAY])

    assert isinstance(promotion.proof[0], Report)
    assert (promotion.proven, promotion.published, promotion.exit_code) == (False, (), 5)


def test_several_reasons_make_1(releasing: Releasing) -> None:
    promotion = promote(releasing.deployment(archive_of(), PRODUCTION), [AWAY, STAGING])

    assert promotion.exit_code == 1


def test_what_is_active_there_does_not_matter(releasing: Releasing) -> None:
    releasing.publish(archive_of(), STAGING)
    activating = replace(STAGING, activation=Activation("named", ("acme.flow",)), breaking_changes="refuse")

    assert promote(releasing.deployment(archive_of(), PRODUCTION), [activating]).proven


def test_a_bundle_has_to_be_there_too(releasing: Releasing, tmp_path: Path) -> None:
    bundle = make_bundle([BundledFile("acme.py", b"x = 1\n", executable=False)])
    archive = archive_of(task(arguments=BUNDLE_ARGUMENTS), bundle=bundle)
    releasing.publish(archive, STAGING)
    [stored] = (tmp_path / "registry").rglob(bundle.file_name)
    before = promote(releasing.deployment(archive, PRODUCTION, dry_run=True), [STAGING])
    stored.unlink()

    after = promote(releasing.deployment(archive, PRODUCTION, dry_run=True), [STAGING])

    assert (before.proven, after.proven, after.exit_code) == (True, False, 7)
