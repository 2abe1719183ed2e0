from __future__ import annotations

import json

import pytest

from hatch_flyte.entity import Kind
from hatch_flyte.manifest import FORMAT, Manifest, ManifestEntity, ManifestError

ENTITY = ManifestEntity(
    file="0_acme.clean_1.pb",
    kind=Kind.TASK,
    name="acme.clean",
    digest="0" * 64,
    module="acme",
    source="acme.py",
    line=7,
)
MANIFEST = Manifest(
    name="acme-pipelines",
    version="1.0",
    entities=(ENTITY, ManifestEntity("1_x_3.pb", Kind.LAUNCH_PLAN, "x", "1" * 64, activate=True)),
    code="wheel",
    bundle="ab" * 16,
    destination="/root",
    images={"default": "ghcr.io/acme/p:1.0"},
    python="3.12.1",
    flytekit="1.16.31",
    generator="hatch-flyte 0.1.0",
)


def broken(**changes: object) -> str:
    table = json.loads(MANIFEST.to_json()) | changes
    return json.dumps({key: value for key, value in table.items() if value is not ...})


def test_a_manifest_survives_its_json() -> None:
    assert Manifest.from_json(MANIFEST.to_json()) == MANIFEST


def test_one_manifest_has_one_text() -> None:
    text = MANIFEST.to_json()

    assert text == json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    assert text.isascii()


def test_keys_of_a_later_writer_are_ignored() -> None:
    assert Manifest.from_json(broken(checked="yes")) == MANIFEST


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("{", "expected JSON", id="no JSON"),
        pytest.param("[" * 100_000, "expected JSON", id="nested too deep"),
        pytest.param("[]", "manifest: expected an object (got list)", id="no object"),
        pytest.param(broken(format="1"), "manifest.format: expected int (got str)", id="format of a wrong type"),
        pytest.param(broken(format=True), "manifest.format: expected int (got bool)", id="bool is no int"),
        pytest.param(
            broken(format=FORMAT + 1),
            f"manifest.format: made for a newer hatch-flyte (got {FORMAT + 1}, this one reads up to {FORMAT})",
            id="newer format",
        ),
        pytest.param(broken(distribution={}), "manifest.distribution.name: expected str (got NoneType)", id="no name"),
        pytest.param(broken(entities=...), "manifest.entities: expected list (got NoneType)", id="no entities"),
        pytest.param(broken(entities=[1]), "manifest.entities[0]: expected an object (got int)", id="entity"),
        pytest.param(
            broken(entities=[{"kind": "job"}]),
            "manifest.entities[0].kind: expected one of 'task', 'workflow', 'launch plan' (got `job`)",
            id="kind",
        ),
        pytest.param(broken(images={"gpu": 1}), "manifest.images.gpu: expected str (got int)", id="image"),
        pytest.param(broken(format=0), "manifest.format: expected a number from 1 to", id="format before the first"),
        pytest.param(
            broken(entities=[{"kind": "task", "file": "f", "name": "n", "digest": "", "line": -1}]),
            "manifest.entities[0].line: expected a number from 0 to 2147483647 (got -1)",
            id="negative line",
        ),
        pytest.param(
            broken(format=10**4000),
            "manifest.format: expected a number from 1 to 2147483647 (got a longer one)",
            id="huge",
        ),
        pytest.param('{"format": 1, "format": 2}', "expected each key once (got `format` again)", id="key twice"),
        pytest.param('{"format": 1, "x": NaN}', "expected JSON (got NaN)", id="NaN"),
        pytest.param('{"format": 1, "x": -Infinity}', "expected JSON (got -Infinity)", id="infinity"),
        pytest.param(
            broken(python="\ud800"), r"manifest.python: expected text in Unicode (got `\ud800`)", id="surrogate"
        ),
        pytest.param(
            broken(images={"\udfff": "x"}), r"manifest.images: expected text in Unicode (got `\udfff`)", id="in a key"
        ),
        pytest.param(
            broken(images={"x\x1b[2J" * 99: 1}), r"manifest.images.x\x1b[2Jx\x1b[2J", id="a key that steers a terminal"
        ),
        pytest.param(
            broken(bundle={"destination": "/root"}),
            "manifest.bundle.digest: expected str (got NoneType)",
            id="no digest",
        ),
        pytest.param(
            broken(bundle={"digest": "", "destination": "/root"}),
            "manifest.bundle.digest: expected a digest (got none)",
            id="an empty digest",
        ),
        pytest.param(broken(bundle="x"), "manifest.bundle: expected dict (got str)", id="bundle"),
    ],
)
def test_what_is_no_manifest_is_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(ManifestError) as caught:
        Manifest.from_json(text)

    assert message in str(caught.value)
