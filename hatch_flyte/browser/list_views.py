"""What pages show of many entities: functions from the control plane's messages to tables."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from hatch_flyte.activation import owner_of
from hatch_flyte.browser.model import Cell, Pager, Table
from hatch_flyte.browser.reading import PAGE
from hatch_flyte.change_text import value_words
from hatch_flyte.entity import Kind
from hatch_flyte.words import schedule_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hatch_flyte.browser.addresses import Place
    from hatch_flyte.browser.reading import Slice
    from hatch_flyte.changes import Change

PUBLISH: Final = "hatch-flyte publish -c local"
ACTIVE: Final = Cell("active", mark="good")
INACTIVE: Final = Cell("inactive", mark="quiet")
PLURALS: Final = {Kind.LAUNCH_PLAN: "Launch plans", Kind.WORKFLOW: "Workflows", Kind.TASK: "Tasks"}
"""Kinds in the order in which they are shown."""


def created(message: Any) -> Cell:
    """Return when an entity was registered."""
    moment = message.closure.created_at
    return Cell(time=datetime.fromtimestamp(moment.seconds, tz=timezone.utc))


def state(plan: Any) -> Cell:
    """Return whether a launch plan is active."""
    return ACTIVE if plan.closure.state else INACTIVE


def pager(found: Slice[Any], path: str, size: int = PAGE) -> Pager | None:
    """Return the links to the pages beside one of a list at `path`; None where the list has no other page."""
    if found.number == 1 and not found.more:
        return None
    first = (found.number - 1) * size + 1
    newer = f"{path}?page={found.number - 1}" if found.number > 2 else path  # noqa: PLR2004 # the first has no number
    return Pager(
        first,
        first + len(found.items) - 1,
        newer if found.number > 1 else "",
        f"{path}?page={found.number + 1}" if found.more else "",
    )


def names_table(kind: Kind, place: Place, found: Slice[Any], newest: Mapping[str, Any]) -> Table:
    """Return a page of a kind's names; `newest` is the newest version of each."""
    rows = []
    for entity in found.items:
        name, message = entity.id.name, newest.get(entity.id.name)
        row = [Cell(name, place.name(kind, name), code=True)]
        if message is not None:
            version = message.id.version
            row += [Cell(version, place.entity(kind, name, version), code=True), created(message)]
        else:
            row += [Cell(), Cell()]
        rows.append((*row, Cell(entity.metadata.description or getattr(message, "short_description", ""))))
    word = PLURALS[kind].lower()
    return Table(
        "names",
        f"{PLURALS[kind]} by name",
        ("Name", "Newest version", "Registered", "Description"),
        tuple(rows),
        empty=_nothing(f"No {word} here", found),
        hint=PUBLISH,
        pager=pager(found, place.kind(kind)),
    )


def versions_table(kind: Kind, place: Place, name: str, found: Slice[Any]) -> Table:
    """Return a page of a name's versions."""
    plans = kind is Kind.LAUNCH_PLAN
    rows = []
    for one in found.items:
        version = one.id.version
        row = [Cell(version, place.entity(kind, name, version), code=True), created(one)]
        if plans:
            schedule = schedule_words(one.spec.entity_metadata.schedule)
            row += [state(one), Cell(schedule, code=True), owner(place, one)]
        rows.append(tuple(row))
    columns = ("Version", "Registered", *(("State", "Schedule", "Distribution") if plans else ()))
    said = _nothing("No versions here", found)
    return Table(
        "versions",
        "Versions, the newest first",
        columns,
        tuple(rows),
        empty=said,
        pager=pager(found, place.name(kind, name)),
    )


def owner(place: Place, plan: Any) -> Cell:
    """Return the distribution of a launch plan, leading to its release."""
    name = owner_of(plan)
    return Cell(name, place.path("releases", name, "version", plan.id.version) if name else "", code=True)


def active_table(place: Place, plans: Iterable[Any]) -> Table:
    """Return the launch plans that are active."""
    rows = tuple(
        (
            Cell(one.id.name, place.name(Kind.LAUNCH_PLAN, one.id.name), code=True),
            Cell(one.id.version, place.entity(Kind.LAUNCH_PLAN, one.id.name, one.id.version), code=True),
            Cell(schedule_words(one.spec.entity_metadata.schedule), code=True),
            owner(place, one),
        )
        for one in plans
    )
    return Table(
        "active",
        "Active launch plans",
        ("Name", "Version", "Schedule", "Distribution"),
        rows,
        empty="No launch plan is active here. Registering alone activates nothing.",
        hint=f"{PUBLISH} --activate declared",
    )


def releases_table(place: Place, found: Slice[Any], active: Iterable[Any]) -> Table:
    """Return the releases that so many launch plans are of: each once, where its newest launch plan is."""
    live: dict[tuple[str, str], int] = {}
    for one in active:
        key = (owner_of(one), one.id.version)
        live[key] = live.get(key, 0) + 1
    seen: dict[tuple[str, str], Any] = {}
    for one in found.items:
        if owner_of(one):
            seen.setdefault((owner_of(one), one.id.version), one)
    rows = tuple(
        (
            Cell(f"{name} {version}", place.path("releases", name, "version", version), code=True),
            created(plan),
            Cell(f"{live[name, version]} active", mark="good") if (name, version) in live else INACTIVE,
        )
        for (name, version), plan in seen.items()
    )
    note = f"Found among {len(found.items)} launch plans, the newest first." if found.number > 1 or found.more else ""
    path = place.path("releases")
    older = f"{path}?page={found.number + 1}" if found.more else ""
    return Table(
        "releases",
        "Releases, the newest first",
        ("Release", "Registered", "Launch plans"),
        rows,
        empty=_nothing("No launch plan here says which distribution it is of", found),
        hint=PUBLISH,
        note=note,
        pager=Pager(0, 0, path if found.number > 1 else "", older) if found.number > 1 or found.more else None,
    )


def entities_table(kind: Kind, place: Place, found: Sequence[Any]) -> Table:
    """Return entities of one version."""
    plans = kind is Kind.LAUNCH_PLAN
    rows = tuple(
        (
            Cell(one.id.name, place.entity(kind, one.id.name, one.id.version), code=True),
            *((state(one), Cell(schedule_words(one.spec.entity_metadata.schedule), code=True)) if plans else ()),
            created(one),
        )
        for one in found
    )
    columns = ("Name", *(("State", "Schedule") if plans else ()), "Registered")
    key = PLURALS[kind].lower().replace(" ", "-")
    return Table(key, PLURALS[kind], columns, rows, empty=f"No {PLURALS[kind].lower()} of this version.")


def found_table(kind: Kind, place: Place, names: Sequence[str]) -> Table:
    """Return what a search has found of a kind."""
    rows = tuple((Cell(name, place.name(kind, name), code=True),) for name in names[:PAGE])
    note = f"The first {PAGE}; a longer word finds fewer." if len(names) > PAGE else ""
    key = PLURALS[kind].lower().replace(" ", "-")
    return Table(key, PLURALS[kind], ("Name",), rows, empty=f"No {PLURALS[kind].lower()} of such a name.", note=note)


def changes_table(changes: Iterable[Change]) -> Table:
    """Return what changed from one version to another."""
    rows = tuple(
        (
            Cell(" ".join(filter(None, (one.group.value, one.subject)))),
            _side(one.old),
            _side(one.new),
            Cell(one.field, code=True),
        )
        for one in changes
    )
    return Table(
        "changes",
        "What changed",
        ("What", "Before", "After", "Field"),
        rows,
        empty="Nothing: both versions mean the same.",
    )


def _side(value: object) -> Cell:
    return Cell("nothing", mark="quiet") if value is None else Cell(value_words(value), code=True)


def _nothing(text: str, found: Slice[Any]) -> str:
    return f"{text}." if found.number == 1 else f"{text} any more: the list has fewer pages."
