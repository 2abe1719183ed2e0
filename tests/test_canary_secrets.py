"""Secrets are in no output, log, exception or value: canaries in every place that a publish takes one from.

Over a real server that wants a token, with uploads to signed addresses, and with what goes wrong.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import re
import subprocess
import sys
import traceback
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from support_archives import BUNDLE_ARGUMENTS, archive_of, launch_plan, task, workflow
from support_doors import COMMAND, serving_here

import hatch_flyte
from hatch_flyte.archive import write_archive
from hatch_flyte.bundle import BundledFile, make_bundle
from hatch_flyte.errors import HatchFlyteError
from hatch_flyte.event_text import event_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from hatch_flyte.events import Event

TOKEN = "canary-token-5f2d90c1"  # noqa: S105 # no secret of anybody
WRONG = "canary-wrong-77aa01e4"
METADATA = "canary-metadata-c40b12"
PASSWORD = "canary-password-93ef8b"  # noqa: S105 # the same
SECRETS = (TOKEN, WRONG, METADATA, PASSWORD)
SIGNED = re.compile(r"signature|[?&](expires|md5)=", re.IGNORECASE)
FORMS = ("text", "json", "ndjson", "github")
PRINTING = "import os, sys; print(os.environ[sys.argv[1]]); sys.exit(int(sys.argv[2]))"
"""A command for a token: the variable that it prints, and its exit code."""


def assert_none(text: str) -> None:
    """Fail where a secret is in `text`, plain, quoted or in base64, or a signed address."""
    for secret in SECRETS:
        for form in (secret, quote(secret), base64.b64encode(secret.encode()).decode().rstrip("=")):
            assert form not in text, form
    found = SIGNED.search(text)
    assert found is None, text[found.start() - 100 : found.end() + 100]


@dataclass
class Place:
    """A project whose clusters are one server, reached with one secret or another."""

    folder: Path
    address: str

    def environ(self) -> dict[str, str]:
        proxy = f"http://somebody:{PASSWORD}@127.0.0.1:1"
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("HATCH_", "FLYTE_"))},
            "CANARY_TOKEN": TOKEN,
            "CANARY_WRONG": WRONG,
            "CANARY_BLANK": f"Bearer {TOKEN}",
            "CANARY_METADATA": METADATA,
            "https_proxy": proxy,
            "grpc_proxy": proxy,
            "HTTPS_PROXY": proxy,
            "PYTHONASYNCIODEBUG": "1",
        }

    def configure(self) -> None:
        printing = [sys.executable, "-c", PRINTING]
        auths = {
            "right": '{ type = "token", env = "CANARY_TOKEN" }',
            "printed": f'{{ type = "command", command = {json.dumps([*printing, "CANARY_TOKEN", "0"])} }}',
            "wrong": '{ type = "token", env = "CANARY_WRONG" }',
            "wrongly-printed": f'{{ type = "command", command = {json.dumps([*printing, "CANARY_WRONG", "0"])} }}',
            "failing": f'{{ type = "command", command = {json.dumps([*printing, "CANARY_TOKEN", "3"])} }}',
            "blank": '{ type = "token", env = "CANARY_BLANK" }',
            "behind-proxy": '{ type = "token", env = "CANARY_TOKEN" }',
        }
        text = '[project]\nname = "acme-pipelines"\nversion = "1.0"\n'
        for name, auth in auths.items():
            endpoint = "flyte.invalid:443" if name == "behind-proxy" else self.address
            text += (
                f'[tool.hatch-flyte.clusters.{name}]\nendpoint = "{endpoint}"\nproject = "flytesnacks"\n'
                f'domain = "development"\nauth = {auth}\nmetadata = {{ x-canary = {{ env = "CANARY_METADATA" }} }}\n'
            )
        (self.folder / "pyproject.toml").write_text(text)

    def archive(self, image: str) -> Path:
        bundle = make_bundle([BundledFile("acme.py", image.encode(), executable=False)])
        messages = (task(image=image, arguments=BUNDLE_ARGUMENTS), workflow(), launch_plan())
        path = self.folder / "dist" / "acme_pipelines-1.0-flyte.tgz"
        write_archive(path, archive_of(*messages, bundle=bundle))
        return path

    def said(self, *arguments: str) -> str:
        """Run a command, and return all that it says."""
        done = subprocess.run(
            [*COMMAND, *arguments], cwd=self.folder, env=self.environ(), capture_output=True, text=True, check=False
        )
        assert done.stdout or done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    folder = tmp_path / "project"
    folder.mkdir()
    with serving_here(tmp_path / "served", token=TOKEN) as address:
        place = Place(folder, address)
        place.configure()
        place.archive("ghcr.io/acme/p:1")
        monkeypatch.chdir(folder)
        yield place


@pytest.mark.parametrize("form", FORMS)
def test_no_form_of_output_has_a_secret(place: Place, form: str) -> None:
    everything = ("publish", "--output", form, "-vvv", "-c")
    first = place.said(*everything, "right")
    assert "created" in first
    place.archive("ghcr.io/acme/p:2")
    said = [
        first,
        place.said(*everything, "printed"),
        *(place.said(*everything, name) for name in ("wrong", "wrongly-printed", "failing", "blank")),
    ]

    for text in said:
        assert_none(text)
    assert "conflict" in said[1]


def test_a_proxys_password_is_not_shown_where_it_leads_nowhere(place: Place) -> None:
    said = place.said("publish", "-vvv", "-c", "behind-proxy")

    assert "3 skipped" in said
    assert_none(said)


def test_no_other_command_shows_one(place: Place) -> None:
    place.said("publish", "-c", "right")
    commands = (
        ("plan", "-c", "right", "--json"),
        ("plan", "-c", "wrong"),
        ("config",),
        ("config", "--json"),
        ("list", "-c", "right", "--json"),
        ("status", "-c", "right", "-c", "wrong", "--json"),
        ("history", "-c", "right"),
    )

    for command in commands:
        assert_none(place.said(*command))


@pytest.mark.parametrize("cluster", ["right", "printed", "wrong", "wrongly-printed", "failing", "blank"])
def test_no_log_exception_event_or_value_has_one(place: Place, cluster: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    heard: list[Event] = []
    shown: list[str] = []

    came = hatch_flyte.publish((), cluster, on_event=heard.append, environ=place.environ())

    try:
        came.raise_for_failure()
    except HatchFlyteError as problem:
        shown += [str(problem), repr(problem), *traceback.format_exception(problem)]
    assert came.ok is (cluster in {"right", "printed"})
    shown += [repr(came), caplog.text, *map(repr, heard), *(json.dumps(event_json(event)) for event in heard)]
    for text in shown:
        assert_none(text)


def test_an_upload_that_fails_shows_no_signed_address(
    place: Place, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    blobs = tmp_path / "served" / "blobs"
    if blobs.exists():
        blobs.rmdir()
    blobs.write_text("in the way of every upload")

    came = hatch_flyte.publish((), "right", environ=place.environ())

    assert not came.ok
    with pytest.raises(HatchFlyteError) as raised:
        came.raise_for_failure()
    for text in (repr(came), caplog.text, *traceback.format_exception(raised.value)):
        assert_none(text)


def test_no_target_or_configuration_shows_one_when_it_is_printed(place: Place) -> None:
    plans = hatch_flyte.plan((), "right", environ=place.environ())

    for plan in plans:
        assert plan.target.auth is not None
        assert_none(repr(plan) + repr(replace(plan.target, cluster="other")))


def test_a_canary_is_found_where_there_is_one() -> None:
    for text in (f"Bearer {TOKEN}", base64.b64encode(PASSWORD.encode()).decode(), "http://x/y?expires=1&signature=2"):
        with pytest.raises(AssertionError):
            assert_none(text)
