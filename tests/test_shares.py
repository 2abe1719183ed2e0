from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, foreign, task, workflow

from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.config import Sources, Target, load
from hatch_flyte.config.endpoint import parse_endpoint
from hatch_flyte.config.target import Transport
from hatch_flyte.errors import ConfigError, ConflictError
from hatch_flyte.order import Order
from hatch_flyte.projects import Project
from hatch_flyte.shares import Errand, by_cluster, refuse_clashes

if TYPE_CHECKING:
    from pathlib import Path

    from hatch_flyte.archive import Archive

ONE, OTHER = task(), task(image="ghcr.io/acme/p:2")


def target(name: str = "staging", endpoint: str = "flyte.acme.io", project: str = "p") -> Target:
    parsed, insecure = parse_endpoint(endpoint, insecure=None)
    return Target(name, parsed, insecure=insecure, project=project, domain="d")


@pytest.fixture
def projects(tmp_path: Path) -> tuple[Project, Project]:
    config = load(Sources(root=tmp_path, environ={}, user_table={}))
    return Project(config=config, label="a"), Project(config=config, label="b")


Projects = tuple[Project, Project]


def errand(project: Project, archive: Archive, to: Target, version: str = "1") -> Errand:
    return Errand(Order(archive=archive, version=version), to, project)


class TestByCluster:
    def test_projects_share_a_cluster_of_one_name_and_endpoint_in_their_order(self, projects: Projects) -> None:
        first, second = projects
        archive = archive_of(ONE)
        errands = [
            errand(first, archive, target()),
            errand(first, archive, target("production", "flyte.acme.com")),
            errand(second, archive, target(project="q")),
        ]

        shares = by_cluster(errands)

        assert shares == [[errands[0], errands[2]], [errands[1]]]

    def test_clusters_of_one_name_elsewhere_are_others(self, projects: Projects) -> None:
        archive = archive_of(ONE)
        errands = [
            errand(projects[0], archive, target()),
            errand(projects[1], archive, target(endpoint="flyte.example.org")),
        ]

        assert by_cluster(errands) == [[errands[0]], [errands[1]]]

    def test_one_cluster_is_reached_in_one_way(self, projects: Projects) -> None:
        archive = archive_of(ONE)
        differing = replace(target(), transport=Transport(deadline=7))

        with pytest.raises(ConfigError) as caught:
            by_cluster([errand(projects[0], archive, target()), errand(projects[1], archive, differing)])

        assert str(caught.value) == (
            "b: cluster staging: expected it to be reached as in a (got another transport)\n"
            "Say the same in each project, or publish them one by one."
        )


class TestClashes:
    def test_one_entity_with_two_contents_is_refused_with_both_archives(self, projects: Projects) -> None:
        share = [errand(projects[0], archive_of(ONE), target()), errand(projects[1], archive_of(OTHER), target())]

        with pytest.raises(ConflictError) as caught:
            refuse_clashes(share)

        assert str(caught.value) == (
            "cluster staging: expected one content for task acme.double 1 in p/d "
            "(got two, of acme-pipelines 1.0 (a) and acme-pipelines 1.0 (b))\n"
            'Register them under different versions (`version = "{name}-{version}"`), or leave the entity '
            "out of one with `exclude`."
        )

    def test_archives_without_manifest_are_told_by_their_version(self, projects: Projects) -> None:
        alone = replace(projects[0], label="")
        share = [errand(alone, foreign(archive_of(one)), target()) for one in (ONE, OTHER)]

        with pytest.raises(ConflictError, match=r"of version 1 and version 1\)"):
            refuse_clashes(share)

    def test_alike_content_may_come_twice(self, projects: Projects) -> None:
        more = archive_of(ONE, workflow())

        refuse_clashes([errand(projects[0], archive_of(ONE), target()), errand(projects[1], more, target())])

    @pytest.mark.parametrize(("project", "version"), [("q", "1"), ("p", "2")])
    def test_another_place_or_version_is_no_clash(self, projects: Projects, project: str, version: str) -> None:
        other = errand(projects[1], archive_of(OTHER), target(project=project), version)

        refuse_clashes([errand(projects[0], archive_of(ONE), target()), other])

    def test_the_same_task_with_other_code_is_a_clash(self, projects: Projects) -> None:
        bundles = [make_bundle([BundledFile("a.py", text, executable=False)]) for text in (b"1", b"2")]
        archives = [archive_of(task(arguments=BUNDLE_ARGUMENTS), bundle=bundle) for bundle in bundles]

        refuse_clashes([errand(project, archives[0], target()) for project in projects])
        with pytest.raises(ConflictError):
            refuse_clashes([errand(one, archive, target()) for one, archive in zip(projects, archives, strict=True)])
