"""The pages: what each reads, and what it shows of that. Done in the registry's thread.

Each may raise `RefusalError`, `StoreError` and `AddressError`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from flyteidl.admin.launch_plan_pb2 import LaunchPlan
from flyteidl.admin.task_pb2 import TaskSpec

from hatch_flyte.activation import owns
from hatch_flyte.browser import list_views
from hatch_flyte.browser.addresses import KINDS, AddressError, Place, page_number, page_path
from hatch_flyte.browser.drawing import sent_form
from hatch_flyte.browser.entity_views import entity_sections
from hatch_flyte.browser.list_views import PLURALS
from hatch_flyte.browser.model import Cell, Choice, Page, Table, Text
from hatch_flyte.changes import changes_of
from hatch_flyte.console import KIND_WORDS
from hatch_flyte.entity import Identifier, Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from google.protobuf.message import Message

    from hatch_flyte.browser.model import Section
    from hatch_flyte.browser.reading import Reader

CHOSEN_FROM: Final = 100
"""Versions that a form offers, the newest."""
_LONGEST_SEARCH: Final = 1000
_HOME: Final = ("Projects", page_path())


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for."""

    reader: Reader
    parts: tuple[str, ...]
    """The segments of its path that are not fixed, in order: project, domain, …"""
    query: Mapping[str, str]

    @property
    def place(self) -> Place:
        """The project and the domain."""
        return Place(*self.parts[:2])

    @property
    def kind(self) -> Kind:
        """The kind that the third part names."""
        if self.parts[2] not in KINDS:
            raise AddressError(404, "there is no such page")
        return KINDS[self.parts[2]]

    @property
    def number(self) -> int:
        """Which page of a list."""
        return page_number(self.query)


def projects(asked: Asked) -> Page:
    """Show all projects."""
    found = asked.reader.projects(asked.number)
    rows = tuple(
        (Cell(one.id, page_path("projects", one.id), code=True), Cell(one.name), Cell(one.description))
        for one in found.items
    )
    table = Table(
        "projects",
        "All projects",
        ("Project", "Name", "Description"),
        rows,
        empty="No projects here.",
        hint=list_views.PUBLISH,
        pager=list_views.pager(found, page_path()),
    )
    return Page("Projects", sections=(table,), lead="What is registered in this local registry.")


def project(asked: Asked) -> Page:
    """Show a project's domains."""
    found = asked.reader.project(asked.parts[0])
    rows = tuple(
        (
            Cell(one.id, Place(found.id, one.id).path(), code=True),
            Cell(str(len(asked.reader.active(Place(found.id, one.id))))),
        )
        for one in found.domains
    )
    table = Table("domains", "Domains", ("Domain", "Active launch plans"), rows)
    return Page(found.id, crumbs=(_HOME,), eyebrow="Project", lead=found.description, sections=(table,))


def domain(asked: Asked) -> Page:
    """Show what is active in a project's domain."""
    place = _known_place(asked)
    section = list_views.active_table(place, asked.reader.active(place))
    return _in_place(place, place.domain, "Overview", (section,), eyebrow="Domain", crumbs=2)


def names(asked: Asked) -> Page:
    """Show a kind's names."""
    place, kind = _known_place(asked), asked.kind
    found = asked.reader.names(kind, place, asked.number)
    newest = {one.id.name: next(iter(asked.reader.newest(kind, place, one.id.name)), None) for one in found.items}
    return _in_place(place, PLURALS[kind], PLURALS[kind], (list_views.names_table(kind, place, found, newest),))


def versions(asked: Asked) -> Page:
    """Show a name's versions."""
    place, kind, name = asked.place, asked.kind, asked.parts[3]
    found = asked.reader.versions(kind, place, name, asked.number)
    known = tuple(one.id.version for one in found.items)
    choice = _choice(_compare_path(place, kind, name), known) if len(known) > 1 else None
    table = list_views.versions_table(kind, place, name, found)
    return _in_place(place, name, PLURALS[kind], (table,), eyebrow=_word(kind), choice=choice, crumbs=4)


def entity(asked: Asked) -> Page:
    """Show one version."""
    place, kind = asked.place, asked.kind
    name, version = asked.parts[3:]
    identifier = Identifier(kind, place.project, place.domain, name, version)
    message = asked.reader.entity(identifier)
    said = asked.reader.description(identifier)
    marks = (Cell(version, code=True), *((list_views.state(message),) if kind is Kind.LAUNCH_PLAN else ()))
    sections = (*entity_sections(kind, message), *_description(said))
    lead = said.short_description if said else getattr(message, "short_description", "")
    actions = (("All versions", place.name(kind, name)), ("Compare", _compare_path(place, kind, name, to=version)))
    shown = _in_place(place, name, PLURALS[kind], sections, eyebrow=_word(kind), crumbs=5)
    return _with(shown, marks=(*marks, list_views.created(message)), lead=lead, actions=actions)


def compare(asked: Asked) -> Page:
    """Show what differs between two versions, and the form that asks for them."""
    place, kind, name = asked.place, asked.kind, asked.parts[3]
    newest = asked.reader.newest(kind, place, name, CHOSEN_FROM)
    known = tuple(one.id.version for one in newest)
    if not known:
        asked.reader.versions(kind, place, name)
    old, new = asked.query.get("from", ""), asked.query.get("to", "")
    sections: tuple[Section, ...] = ()
    if old and new:
        before, after = (
            _spec(kind, asked.reader.entity(Identifier(kind, place.project, place.domain, name, one)))
            for one in (old, new)
        )
        sections = (list_views.changes_table(changes_of(before, after)),)
    choice = _choice(_compare_path(place, kind, name), known, old=old, new=new)
    shown = _in_place(place, name, PLURALS[kind], sections, eyebrow=f"Compare versions of a {kind.value}", crumbs=5)
    return _with(shown, choice=choice)


def releases(asked: Asked) -> Page:
    """Show which releases of which distributions are here."""
    place = _known_place(asked)
    found = asked.reader.newest_plans(place, asked.number)
    table = list_views.releases_table(place, found, asked.reader.active(place))
    return _in_place(place, "Releases", "Releases", (table,), lead="Launch plans say which distribution they are of.")


def release(asked: Asked) -> Page:
    """Show one release: its launch plans, and all else of its version."""
    place, (name, version) = asked.place, asked.parts[2:]
    every = {kind: asked.reader.of_version(kind, place, version) for kind in PLURALS}
    own = [one for one in every[Kind.LAUNCH_PLAN] if owns(name, one)]
    if not own:
        raise AddressError(404, "no launch plan of this version says that it is of this distribution")
    active = sum(one.closure.state for one in own)
    mark = Cell(f"{active} of {len(own)} launch plans active", mark="good" if active else "quiet")
    sections = tuple(
        list_views.entities_table(kind, place, own if kind is Kind.LAUNCH_PLAN else found)
        for kind, found in every.items()
    )
    lead = "Its launch plans, and the workflows and tasks that are registered under its version."
    shown = _in_place(place, f"{name} {version}", "Releases", sections, eyebrow="Release", crumbs=4)
    return _with(shown, marks=(mark,), lead=lead)


def search(asked: Asked) -> Page:
    """Show the names that have a text in them."""
    place, text = _known_place(asked), asked.query.get("q", "").strip()
    if len(text) > _LONGEST_SEARCH:
        raise AddressError(400, f"a search is for at most {_LONGEST_SEARCH} characters")
    sections: tuple[Section, ...] = ()
    if text:
        found = {kind: asked.reader.search(kind, place, text) for kind in PLURALS}
        sections = tuple(
            list_views.found_table(kind, place, [one.id.name for one in those]) for kind, those in found.items()
        )
    title = f"Names with “{text}”" if text else "Search"
    shown = _in_place(place, title, "", sections, lead="" if text else "Which names have a text in them? Case counts.")
    return _with(shown, search=text)


def tabs(place: Place) -> dict[str, str]:
    """Return the parts of a place, and their addresses."""
    kinds = {title: place.kind(kind) for kind, title in PLURALS.items()}
    return {"Overview": place.path(), **kinds, "Releases": place.path("releases")}


ROUTES: Final[tuple[tuple[tuple[str, ...], Callable[[Asked], Page]], ...]] = (
    ((), projects),
    (("projects", ""), project),
    (("projects", "", "domains", ""), domain),
    (("projects", "", "domains", "", "releases"), releases),
    (("projects", "", "domains", "", "releases", "", "version", ""), release),
    (("projects", "", "domains", "", "search"), search),
    (("projects", "", "domains", "", ""), names),
    (("projects", "", "domains", "", "", ""), versions),
    (("projects", "", "domains", "", "", "", "compare"), compare),
    (("projects", "", "domains", "", "", "", "version", ""), entity),
)
"""Paths below `/console`, and their pages; what is empty is any text. The first that fits counts."""


def page_for(reader: Reader, segments: tuple[str, ...], query: Mapping[str, str]) -> Page:
    """Return the page at an address. Raises `AddressError` with 404 if there is none."""
    for pattern, page in ROUTES:
        if len(pattern) == len(segments) and all(one in {"", own} for one, own in zip(pattern, segments, strict=True)):
            parts = tuple(own for one, own in zip(pattern, segments, strict=True) if not one)
            return page(Asked(reader, parts, query))
    raise AddressError(404, "there is no such page")


def _known_place(asked: Asked) -> Place:
    """Return the place that is asked for; refuse one that isn't there."""
    place = asked.place
    if place.domain not in {one.id for one in asked.reader.project(place.project).domains}:
        raise AddressError(404, "the project has no such domain")
    return place


def _in_place(place: Place, title: str, tab: str, sections: tuple[Section, ...], **more: Any) -> Page:
    """Return a page of a place. `crumbs` says how deep it is: 2 is the domain itself, 3 a part of it, 4 a name."""
    depth = more.pop("crumbs", 3)
    trail = [_HOME, (place.project, page_path("projects", place.project)), (place.domain, place.path())]
    trail += [(tab, tabs(place)[tab])] if depth > 3 else []  # noqa: PLR2004 # see above
    if depth > 4:  # noqa: PLR2004 # same
        kind = next(kind for kind, plural in PLURALS.items() if plural == tab)
        trail.append((title, place.name(kind, title)))
    return Page(title, tuple(trail[:depth]), place=place, tab=tab, sections=sections, tabs=tabs(place), **more)


def _with(page: Page, **changes: Any) -> Page:
    from dataclasses import replace

    return replace(page, **changes)


def _word(kind: Kind) -> str:
    return kind.value.capitalize()


def _compare_path(place: Place, kind: Kind, name: str, **query: str) -> str:
    return place.path(KIND_WORDS[kind], name, "compare", **query)


def _choice(action: str, known: tuple[str, ...], *, old: str = "", new: str = "") -> Choice:
    """Return the form for two versions; what is asked for is among those that it offers."""
    versions = tuple(dict.fromkeys((*known, *filter(None, (old, new)))))
    new = new or versions[0]
    after = versions.index(new) + 1
    return Choice(action, versions, old or versions[min(after, len(versions) - 1)], new)


def _spec(kind: Kind, stored: Any) -> Message:
    """Return what was registered, as far as the registry answers with it."""
    if kind is Kind.TASK:
        return cast("Message", TaskSpec(template=stored.closure.compiled_task.template))
    if kind is Kind.WORKFLOW:
        return cast("Message", sent_form(stored.closure.compiled_workflow))
    return cast("Message", LaunchPlan(id=stored.id, spec=stored.spec))


def _description(said: Any) -> Iterator[Section]:
    if said is None:
        return
    if said.long_description.value:
        yield Text("description", "Description", said.long_description.value)
    if said.source_code.link:
        yield Text("source", "Source", said.source_code.link)
