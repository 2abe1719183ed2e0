"""`hatch-flyte show`: what an archive holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hatch_flyte.archive import Archive


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the manifest and every entity as JSON.")
def show(archive: Path, as_json: bool) -> None:  # noqa: FBT001 # click's calling convention
    """Show what an ARCHIVE holds: its distribution, images and entities."""
    from hatch_flyte.archive_reader import read_archive
    from hatch_flyte.archives import inside
    from hatch_flyte.cli.status import print_table
    from hatch_flyte.report_text import printable

    content = read_archive(archive)
    with inside(archive):
        if as_json:
            click.echo(json.dumps(_table(content), indent=2))
            return
        rows = [[printable(cell) for cell in row] for row in _rows(content)]
    for line in _facts(content):
        click.echo(line)
    print_table(["kind", "name", "source", "size"], rows)


def _facts(archive: Archive) -> list[str]:
    from hatch_flyte.outcome import by_kind
    from hatch_flyte.report_text import printable

    counts = by_kind(member.kind for member in archive.members)
    manifest = archive.manifest
    if manifest is None:
        return [f"{counts}; no manifest: made by `pyflyte package`"]
    bundle = f"bundle {manifest.bundle}, unpacked in {manifest.destination}"
    facts = {
        "distribution": f"{manifest.name} {manifest.version}",
        "entities": counts,
        "code": bundle if manifest.bundle else "in the image",
        **{f"image {name}": image for name, image in manifest.images.items()},
        "made by": f"{manifest.generator}, flytekit {manifest.flytekit}, Python {manifest.python}",
    }
    return [printable(f"{name + ':':<14} {value}") for name, value in facts.items()]


def _rows(archive: Archive) -> list[list[str]]:
    from hatch_flyte.entries import payload_name

    entities = {entity.file: entity for entity in archive.manifest.entities} if archive.manifest else {}
    rows = []
    for member in archive.members:
        entity = entities.get(member.file)
        source = f"{entity.source}:{entity.line}" if entity and entity.source else ""
        name = entity.name if entity else payload_name(member)
        rows.append([member.kind.value, name, source, str(len(member.data))])
    return rows


def _table(archive: Archive) -> dict[str, object]:
    from google.protobuf.json_format import MessageToDict

    from hatch_flyte.entries import parse_member

    return {
        "manifest": json.loads(archive.manifest.to_json()) if archive.manifest else None,
        "bundle": archive.bundle.file_name if archive.bundle else None,
        "entities": [
            {
                "file": member.file,
                "kind": member.kind.value,
                "message": MessageToDict(parse_member(member), preserving_proto_field_name=True),
            }
            for member in archive.members
        ],
    }
