"""Reading: tables, variables and options become settings, and what is wrong with them becomes problems, all of them.

An own reader, not attrs and cattrs: those build one object from one table, while here a value has up to seven sources
that must stay known, keys are named as each source spells them, and a wrong place or a coming key wants a sentence of
its own. Of a converter only the checks of types would be left, and every build environment would pay for its import.

Knows the declared keys; nothing of files, or of what a setting means.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from hatch_flyte.config.declaration import KEYS
from hatch_flyte.config.keys import PREFIX, RESERVED, Place, key_of_variable, variable
from hatch_flyte.config.kinds import got, quoted
from hatch_flyte.config.refusals import refusal
from hatch_flyte.config.spots import OptionSpot, TableSpot, VariableSpot
from hatch_flyte.config.tables import Tables
from hatch_flyte.config.values import Setting
from hatch_flyte.errors import ConfigError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from hatch_flyte.config.keys import Key
    from hatch_flyte.config.kinds import Report
    from hatch_flyte.config.spots import Spot


class Reader:
    """Reads one source after the other, the weakest first: what is read later replaces what was read before.

    Tables are taken apart (`clusters.staging.endpoint`), so that they merge key by key.
    """

    def __init__(self) -> None:
        self.settings: dict[str, Setting] = {}
        self.tables: dict[str, dict[str, TableSpot]] = {name: {} for name, key in KEYS.items() if _is_tables(key)}
        """For each key that holds tables (`clusters`) and each of those by name, where the strongest one stands."""
        self._problems: list[Problem] = []
        self._hints: dict[str, None] = {}

    def problem(self, where: str, what: str, hint: str = "") -> None:
        """Note that something is wrong."""
        self._problems.append(Problem(where, what))
        if hint:
            self._hints[hint] = None

    def finish(self) -> None:
        """Raise a `ConfigError` with everything that was wrong, if anything was."""
        if self._problems:
            raise ConfigError(self._problems, hint="\n".join(self._hints))

    def read_table(self, spot: TableSpot, table: object) -> None:
        """Read the keys of `table`; None stands for no table."""
        if table is None:
            return
        if not isinstance(table, Mapping):
            self.problem(spot.where(""), f"expected a table ({got(table)})")
            return
        for name, value in table.items():
            if name not in RESERVED.get(spot.place, ()):
                self._read_key(spot, name, KEYS.get(name), value)

    def read_variables(self, environ: Mapping[str, str]) -> None:
        """Read our variables; an empty one counts as not set, since CI systems set variables to nothing."""
        spot = VariableSpot()
        for name, text in sorted(environ.items()):
            if not name.startswith(PREFIX):
                continue
            key = KEYS.get(key_of_variable(name))
            if key is None or spot.place not in key.places or variable(key.name) != name:
                self._refuse(spot, key_of_variable(name), name)
            elif text:
                self._keep(spot, key.name, partial(key.kind.from_text, text))

    def read_options(self, place: Place, options: Mapping[str, object]) -> None:
        """Read the options of one call: texts, booleans, or sequences of texts (of an option that is repeatable)."""
        spot = OptionSpot(place)
        for name, value in options.items():
            if name in RESERVED.get(place, ()):
                continue
            key = KEYS.get(name)
            if key is None or place not in key.places:
                self._refuse(spot, name, spot.where(name))
            else:
                self._keep(spot, name, partial(key.kind.from_text, _text(value)))

    def _read_key(self, spot: TableSpot, name: str, key: Key | None, value: object) -> None:
        if key is None or spot.place not in key.places:
            self._refuse(spot, name, spot.where(quoted(name)))
        elif isinstance(key.kind, Tables):
            tables = key.kind.from_toml(value, self._report(spot, name))
            for inner_name, table in tables.items():
                self.tables[name][inner_name] = spot
                self._read_inner(spot, name, inner_name, table)
        else:
            self._keep(spot, name, partial(key.kind.from_toml, value))

    def _read_inner(self, spot: TableSpot, outer: str, inner: str, table: Mapping[str, object]) -> None:
        """Read one of the tables that the key `outer` holds."""
        kind = KEYS[outer].kind
        assert isinstance(kind, Tables)  # noqa: S101 # the caller's question
        known = kind.keys()
        for name, value in table.items():
            if key := known.get(name):
                self._keep(spot, inner_dotted(outer, inner, name), partial(key.kind.from_toml, value))
            else:
                what, hint = refusal(spot, name, known)
                self.problem(spot.where(inner_dotted(outer, inner, name)), what, hint)

    def _keep(self, spot: Spot, dotted: str, read: Callable[[Report], Any]) -> None:
        """Read one value and keep it, unless something is wrong with it; a table's entries are kept one by one."""
        before = len(self._problems)
        value = read(self._report(spot, dotted))
        if len(self._problems) == before:
            folder = spot.folder if isinstance(spot, TableSpot) else ""
            parts = (
                {f"{dotted}.{name}": one for name, one in value.items()} if isinstance(value, dict) else {dotted: value}
            )
            for key, one in parts.items():
                self.settings[key] = Setting(one, spot.source(key), spot.where(key), folder)

    def _report(self, spot: Spot, dotted: str) -> Report:
        return lambda inside, what: self.problem(spot.where(dotted + inside), what)

    def _refuse(self, spot: Spot, name: str, where: str) -> None:
        what, hint = refusal(spot, name, KEYS)
        self.problem(where, what, hint)


def inner_dotted(outer: str, inner: str, key: str) -> str:
    """Return the dotted name of a key in one of the tables that the key `outer` holds."""
    return f"{outer}.{quoted(inner)}.{quoted(key)}"


def _is_tables(key: Key) -> bool:
    return isinstance(key.kind, Tables)


def _text(value: object) -> str:
    if isinstance(value, list | tuple):
        return ",".join(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
