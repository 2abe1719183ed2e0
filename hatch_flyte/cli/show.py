"""`hatch-flyte show`: what an archive holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from hatch_flyte.entity import Kind
from hatch_flyte.errors import HatchFlyteError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hatch_flyte.archive import Archive
    from hatch_flyte.contents import Content

KINDS = {kind.value.replace(" ", "-"): kind for kind in Kind}


@click.command()
@click.argument("archive", type=click.Path(path_type=Path))
@click.argument("name", required=False)
@click.option("--kind", type=click.Choice(list(KINDS)), help="Which entity, where several kinds have this NAME.")
@click.option("--tree", is_flag=True, help="Show the nodes of workflows as trees.")
@click.option("--graph", is_flag=True, help="Show a workflow's graph: with --output drawn, else as --tree does.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="With --graph: the SVG file to write."
)
@click.option("--files", is_flag=True, help="Show the bundle's files and their sizes.")
@click.option("--manifest", is_flag=True, help="Show the manifest.")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON; of the whole archive: everything.")
def show(archive: Path, name: str | None, as_json: bool, **options: Any) -> None:  # noqa: FBT001 # click's
    """Show what an ARCHIVE holds: its distribution, images and entities.

    With NAME, show that entity's protobuf as text.
    """
    from hatch_flyte.archive_reader import read_archive
    from hatch_flyte.archives import inside

    _check_usage(name, options, as_json=as_json)
    content = read_archive(archive)
    kind = KINDS.get(options["kind"] or "")
    with inside(archive):
        if options["files"]:
            show_files(content, as_json=as_json)
        elif options["manifest"]:
            show_manifest(content)
        elif options["output"]:
            write_graph(_asked(content, name, Kind.WORKFLOW), options["output"])
        elif options["tree"] or options["graph"]:
            show_trees(_asked(content, name, Kind.WORKFLOW), as_json=as_json)
        elif name is not None:
            show_entity(_asked(content, name, kind), as_json=as_json)
        else:
            show_all(content, as_json=as_json)


def _check_usage(name: str | None, options: dict[str, Any], *, as_json: bool) -> None:
    views = [f"--{view}" for view in ("tree", "graph", "files", "manifest") if options[view]]
    if len(views) > 1:
        raise click.UsageError(f"{' and '.join(views)}: one at a time")
    if name is not None and views in (["--files"], ["--manifest"]):
        raise click.UsageError(f"{views[0]} is about the whole archive, not about {name}")
    if options["output"] and (not options["graph"] or as_json):
        raise click.UsageError("--output is for --graph, and writes SVG")
    if options["kind"] and (name is None or views):
        raise click.UsageError("--kind says which entity is meant by NAME")


def _asked(archive: Archive, name: str | None, kind: Kind | None) -> list[Content]:
    """Return the entities of this name and kind, or all of the kind; the first is the one to show."""
    from hatch_flyte.contents import by_name, closest, contents

    found = list(by_name(contents(archive)).values())
    asked = [one for one in found if name in {None, one.name} and kind in {None, one.kind}]
    if not asked and name is not None:
        known = closest(name, [one.name for one in found if kind in {None, one.kind}])
        meant = _printable(f"; did you mean {' or '.join(known)}?") if known else ""
        word = kind.value if kind else "entity"
        raise click.UsageError(f"the archive has no {word} {name}{meant}")
    return asked


def show_all(archive: Archive, *, as_json: bool) -> None:
    """Print facts and a table of each kind, or everything as JSON."""
    from hatch_flyte.cli.status import print_table
    from hatch_flyte.contents import contents, images, table

    found = contents(archive)
    if as_json:
        everything = {
            "manifest": json.loads(archive.manifest.to_json()) if archive.manifest else None,
            "bundle": archive.bundle.file_name if archive.bundle else None,
            "images": [{"name": one.name, "image": one.image, "uses": one.uses} for one in images(archive, found)],
            "entities": [
                {"file": one.member.file, "kind": one.kind.value, "name": one.name, "message": _json(one)}
                for one in found
            ],
        }
        click.echo(json.dumps(everything, indent=2))
        return
    for line in _facts(archive, found):
        click.echo(_printable(line))
    for headers, *rows in filter(None, (table(kind, found) for kind in Kind)):
        click.echo()
        print_table(headers, [[_printable(cell) for cell in row] for row in rows])


def _facts(archive: Archive, found: Sequence[Content]) -> Iterator[str]:
    from hatch_flyte.contents import images
    from hatch_flyte.outcome import by_kind

    counts, manifest = by_kind(one.kind for one in found), archive.manifest
    if manifest is None:
        yield f"{counts}; no manifest: made by `pyflyte package`"
    else:
        yield _fact("distribution", f"{manifest.name} {manifest.version}")
        yield _fact("entities", counts)
    unpacked = f", unpacked in {manifest.destination}" if manifest else ""
    yield _fact("code", f"bundle {archive.bundle.digest}{unpacked}" if archive.bundle else "in the image")
    for one in images(archive, found):
        yield _fact(f"image {one.name}".rstrip(), f"{one.image}{'' if one.uses else ' (unused)'}")
    if manifest is not None:
        yield _fact("made by", f"{manifest.generator}, flytekit {manifest.flytekit}, Python {manifest.python}")


def _fact(name: str, value: str) -> str:
    return f"{name + ':':<14} {value}"


def show_entity(asked: Sequence[Content], *, as_json: bool) -> None:
    """Print the first entity as protobuf text or JSON, and on stderr which others have its name."""
    from google.protobuf import text_format

    from hatch_flyte.report_text import printable

    entity, *others = asked
    if as_json:
        click.echo(json.dumps(_json(entity), indent=2))
    else:
        text = text_format.MessageToString(entity.message, as_utf8=True, print_unknown_fields=True)
        click.echo(printable(text), nl=False)
    for other in others:
        word = other.kind.value
        click.echo(f"this is the {entity.kind.value}; there is a {word} too: --kind {word.replace(' ', '-')}", err=True)


def show_trees(workflows: Sequence[Content], *, as_json: bool) -> None:
    """Print workflows as trees of their nodes."""
    from hatch_flyte.cli.tree import print_tree
    from hatch_flyte.node_tree import node_tree

    trees = [node_tree(one.message) for one in workflows]
    if as_json:
        click.echo(json.dumps([tree.to_json() for tree in trees], indent=2))
        return
    for tree in trees:
        print_tree(tree)
    if not trees:
        click.echo("no workflow", err=True)


def write_graph(workflows: Sequence[Content], file: Path) -> None:
    """Write the picture of the one workflow to a file."""
    from hatch_flyte.graph.layout import laid_out
    from hatch_flyte.graph.svg import svg
    from hatch_flyte.graph.workflow import workflow_graph

    if len(workflows) != 1:
        names = ", ".join(sorted(one.name for one in workflows)) or "none"
        raise click.UsageError(_printable(f"--output: expected one workflow (got {names}); name it"))
    workflow = workflows[0]
    picture = svg(laid_out(workflow_graph(cast("Any", workflow.message))), workflow.name, alone=True)
    try:
        file.write_bytes(f"{picture}\n".encode())
    except OSError as problem:
        raise HatchFlyteError(f"{file}: cannot be written ({problem.strerror})") from problem
    click.echo(f"{file}: graph of {_printable(workflow.name)}", err=True)


def show_files(archive: Archive, *, as_json: bool) -> None:
    """Print the names and sizes of the bundle's files."""
    from hatch_flyte.bundle_reader import read_bundle
    from hatch_flyte.cli.status import print_table

    files = read_bundle(archive.bundle) if archive.bundle else []
    if as_json:
        table = [{"name": one.name, "size": one.size, "sha256": one.digest, "target": one.target} for one in files]
        click.echo(json.dumps(table, indent=2))
    elif archive.bundle:
        rows = [
            [_printable(one.name), f"-> {_printable(one.target)}" if one.target else str(one.size)] for one in files
        ]
        print_table(["name", "bytes"], rows)
        click.echo(f"{len(files)} files, {sum(one.size for one in files)} bytes", err=True)
    else:
        click.echo("no bundle: the code is in the image", err=True)


def show_manifest(archive: Archive) -> None:
    """Print the manifest, which is JSON."""
    if archive.manifest is None:
        click.echo("no manifest: made by `pyflyte package`", err=True)
    click.echo(json.dumps(json.loads(archive.manifest.to_json()) if archive.manifest else None, indent=2))


def _json(entity: Content) -> Any:
    from google.protobuf import json_format

    from hatch_flyte.errors import ArchiveError

    try:
        return json_format.MessageToDict(entity.message, preserving_proto_field_name=True)
    except (json_format.Error, ValueError, TypeError, OverflowError) as problem:
        raise ArchiveError(
            f"{entity.member.file}: cannot be written as JSON ({problem})",
            hint=f"Show it as text: `hatch-flyte show ARCHIVE {entity.name}`.",
        ) from problem


def _printable(text: str) -> str:
    from hatch_flyte.report_text import printable

    return printable(text).replace("\n", "\\n").replace("\t", "\\t")
