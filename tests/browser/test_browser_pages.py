"""The pages of `serve`, over HTTP, of a registry that a real archive was published to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.support_browser import PLACE, Browser, publish, served
from support_archives import archive_of

from hatch_flyte.archive import write_archive

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("browser")
    archive = folder / "acme_pipelines-1.0-flyte.tgz"
    write_archive(archive, archive_of())
    publish(folder / "data", archive)
    with served(folder / "data") as made:
        yield made


def test_the_first_page_lists_the_projects_and_leads_to_their_domains(browser: Browser) -> None:
    home = browser.page("/console")
    assert "/console/projects/flytesnacks" in home.links
    assert f"{PLACE}" in browser.page("/console/projects/flytesnacks").links


def test_the_bare_address_leads_to_the_first_page(browser: Browser) -> None:
    answer = browser("/")
    assert (answer.status, answer.headers["location"]) == (307, "/console")


def test_names_lead_to_versions_and_these_to_one_version(browser: Browser) -> None:
    version = f"{PLACE}/task/acme.double/version/1.0"
    assert f"{PLACE}/task/acme.double" in browser.page(f"{PLACE}/task").links
    assert version in browser.page(f"{PLACE}/task/acme.double").links
    assert "ghcr.io/acme/p:1" in browser.page(version).text
