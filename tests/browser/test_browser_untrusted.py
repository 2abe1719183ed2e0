"""The pages of `serve` against whoever registers something, and whoever asks for something."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from browser.support_browser import PLACE, Browser, publish, served
from support_archives import archive_of, launch_plan, task, workflow

from hatch_flyte.archive import write_archive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = "<script>alert(1)</script> \"'&</pre></details><img src=x onerror=alert(2)> \u202egnp.exe\u200b"
LONG = "a" * 10_000


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("untrusted")
    hostile_task = task("acme.double", image="ghcr.io/acme/p:1")
    hostile_task.template.interface.inputs.variables["a"].description = HOSTILE
    hostile_task.template.container.env.add(key=HOSTILE, value=HOSTILE)
    hostile_task.description.short_description = HOSTILE[:255]
    hostile_workflow = workflow("acme.flow")
    hostile_workflow.template.nodes[0].metadata.name = HOSTILE
    hostile_workflow.template.interface.outputs.variables["o0"].description = HOSTILE
    hostile_plan = launch_plan("acme.flow")
    hostile_plan.spec.annotations.values[HOSTILE] = HOSTILE
    names = [LONG, "acme/with/slashes", "acme.<b>bold</b>", "acme.\u202ereversed", "acme%2e%2e", "acme.näme"]
    archive = folder / "acme_pipelines-1.0-flyte.tgz"
    entities = [hostile_task, hostile_workflow, hostile_plan, *(task(name) for name in names)]
    write_archive(archive, archive_of(*entities))
    publish(folder / "data", archive)
    with served(folder / "data") as made:
        yield made


def crawled(browser: Browser) -> dict[str, int]:
    """Return the status of every page that can be reached from the first one."""
    found: dict[str, int] = {}
    waiting = ["/console"]
    while waiting:
        path = waiting.pop()
        if path not in found:
            answer = browser(path)
            found[path] = answer.status
            waiting += answer.seen.links
    return found


def test_every_page_is_there_well_formed_and_inert(browser: Browser) -> None:
    found = crawled(browser)

    assert len(found) > 40
    assert set(found.values()) == {200}
    for path in found:
        seen = browser(path).seen
        tags = {tag for tag, _ in seen.elements}
        assert not tags & {"script", "iframe", "object", "embed", "base", "style"}, path
        attributes = {name for _, given in seen.elements for name in given}
        assert not [name for name in attributes if name.startswith("on") or name == "style"], path
        assert "\u202e" not in seen.text, path
        identifiers = [given["id"] for _, given in seen.elements if "id" in given]
        assert len(identifiers) == len(set(identifiers)), path
        labelled = {one["for"] for one in seen.all("label")}
        controls = [one for tag in ("input", "select") for one in seen.all(tag)]
        assert {one["id"] for one in controls} <= labelled, path


def test_what_could_steer_the_eye_is_shown_as_what_it_is(browser: Browser) -> None:
    text = browser.page(f"{PLACE}/task/acme.double/version/1.0").text
    assert "<script>alert(1)</script>" in text
    assert "\\u202egnp.exe\\u200b" in text


def test_a_workflow_is_drawn_where_graphviz_is_installed(browser: Browser) -> None:
    pytest.importorskip("pygraphviz", exc_type=ImportError)
    seen = browser.page(f"{PLACE}/workflow/acme.flow/version/1.0")
    [picture] = [one for one in seen.all("svg") if "role" in one]
    assert picture["role"] == "graphics-document document"
    assert f"{PLACE}/task/acme.double/version/1.0" in seen.links


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/console/projects/nobody", {404}),
        (f"{PLACE}/task/nobody/version/1", {404}),
        (f"{PLACE}/nothing", {404}),
        ("/console/projects/../../etc/passwd", {400, 404}),
        ("/console/static/../routes.py", {400, 404}),
        ("/console/static/%2e%2e/routes.py", {400, 404}),
        (f"{PLACE}/task/%00", {400, 404}),
        (f"{PLACE}/task/%ff%fe", {400, 404}),
        (f"{PLACE}/task/{'a' * 50_000}", {400, 404, 414}),
        (f"{PLACE}/task?page=-1", {400, 404}),
        (f"{PLACE}/task?page=99999999999999999999", {400, 404}),
    ],
)
def test_addresses_that_are_none_are_refused_with_a_page(browser: Browser, path: str, statuses: set[int]) -> None:
    assert browser(path).status in statuses


def test_a_foreign_host_is_refused(browser: Browser) -> None:
    assert browser("/console", Host="evil.example").status in {400, 403, 421}


def test_head_is_answered_without_a_body_and_others_are_not(browser: Browser) -> None:
    head, got = browser("/console", "HEAD"), browser("/console")
    assert (head.status, head.body) == (200, "")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert browser("/console", "POST").status in {403, 404, 405}


def test_nothing_may_be_run_or_had_from_elsewhere(browser: Browser) -> None:
    headers = browser("/console").headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "script-src" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_with_a_token_pages_are_for_those_who_have_it(tmp_path: Path) -> None:
    archive = tmp_path / "acme_pipelines-1.0-flyte.tgz"
    write_archive(archive, archive_of())
    publish(tmp_path / "data", archive)
    with served(tmp_path / "data", token="t0ken-of-ours") as guarded:
        assert guarded("/console").status == 401
        assert guarded("/console", Authorization="Bearer wrong").status == 401
        assert guarded("/console", Authorization="Bearer t0ken-of-ours").status == 200
