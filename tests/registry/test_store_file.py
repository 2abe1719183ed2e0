"""The registry's file: made, opened by several, refused where it is not ours, and each failure told once."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flyteidl.admin.common_pb2 import NamedEntityIdentifier
from registry.entities import DOMAIN, PROJECT, named, trio

from hatch_flyte.entity import Kind
from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.control_plane import ControlPlane
from hatch_flyte.registry.name_office import NameOffice
from hatch_flyte.registry.store import FILE_NAME, Entity, Store
from hatch_flyte.registry.store_file import StoreError, connect, transaction
from hatch_flyte.registry.store_schema import APPLICATION, FORMAT, STEPS
from hatch_flyte.rules.refusal import RefusalError
from hatch_flyte.status_code import Code
from hatch_flyte.wire.messages import from_identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

TASK = Entity(named(Kind.TASK), b"x" * 20_000)
FORMATS = Path(__file__).parent / "formats"


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute(statement)
        connection.commit()


def test_a_new_file_is_marked_as_a_registrys_and_kept_in_wal_mode(tmp_path: Path) -> None:
    Store(tmp_path / "new" / "folder").close()
    with closing(sqlite3.connect(tmp_path / "new" / "folder" / FILE_NAME)) as connection:
        pragmas = [
            connection.execute(f"PRAGMA {one}").fetchone()[0]
            for one in ("application_id", "user_version", "journal_mode")
        ]
    assert pragmas == [APPLICATION, FORMAT, "wal"]


def test_what_is_stored_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        assert store.insert(TASK)
    with closing(Store(tmp_path)) as store:
        assert not store.insert(TASK)


def test_nothing_is_written_to_disk_by_a_registry_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(Store(None)) as store:
        assert store.insert(TASK)
        assert store.place == ":memory:"
    assert not list(tmp_path.iterdir())


def format_of(folder: Path) -> int:
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        return int(version)


def test_a_newer_format_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    Store(tmp_path).close()
    change(tmp_path, "PRAGMA user_version = 7")
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(
        RegistryError, match=rf"registry\.sqlite3: expected format {FORMAT} or older \(got 7\)"
    ) as caught:
        Store(tmp_path)
    assert "upgrade hatch-flyte" in caught.value.hint
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_file_of_the_first_format_opens_and_becomes_one_of_this(tmp_path: Path) -> None:
    """`formats/format-1.sqlite3` was written by the last code that wrote format 1."""
    shutil.copy(FORMATS / "format-1.sqlite3", tmp_path / FILE_NAME)
    assert format_of(tmp_path) == 1
    with closing(Store(tmp_path)) as store:
        plane, office = ControlPlane(store), NameOffice(store)
        for kind in Kind:
            for version in ("1", "2"):
                assert plane.found(named(kind, version=version)).id == from_identifier(named(kind, version=version))
        place = NamedEntityIdentifier(project=PROJECT, domain=DOMAIN, name="load")
        assert plane.active_launch_plan(place).id.version == "1"
        described = [office.description(from_identifier(named(Kind.TASK, version=version))) for version in ("1", "2")]
        assert [one.short_description for one in described] == ["what task 1 does", "what task 2 does"]
        with pytest.raises(RefusalError, match="entry not found"):
            office.description(from_identifier(named(Kind.TASK, "plain")))
        assert store.find_project("other")
        for identifier, spec in trio(version="3"):
            plane.create(identifier.kind, from_identifier(identifier), spec)
    assert format_of(tmp_path) == FORMAT
    with closing(Store(tmp_path)) as store:
        assert store.find(named(Kind.LAUNCH_PLAN, version="3"))


def schema(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {row[0] for row in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")}


def test_an_old_file_ends_with_the_tables_of_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    shutil.copy(FORMATS / "format-1.sqlite3", tmp_path / "old" / FILE_NAME)
    for folder in ("old", "new"):
        Store(tmp_path / folder).close()
    assert schema(tmp_path / "old" / FILE_NAME) == schema(tmp_path / "new" / FILE_NAME)


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    shutil.copy(FORMATS / "format-1.sqlite3", tmp_path / FILE_NAME)
    change(tmp_path, "CREATE TABLE names (mine)")
    before = schema(tmp_path / FILE_NAME)
    with pytest.raises(RegistryError, match="table names already exists"):
        Store(tmp_path)
    assert (format_of(tmp_path), schema(tmp_path / FILE_NAME)) == (1, before)


def test_several_processes_may_bring_one_file_to_this_format_at_once(tmp_path: Path) -> None:
    shutil.copy(FORMATS / "format-1.sqlite3", tmp_path / FILE_NAME)
    assert opened_at_once(tmp_path) == [""] * 4
    assert format_of(tmp_path) == FORMAT == len(STEPS)


def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    change(tmp_path, "CREATE TABLE notes (text)")
    before = (tmp_path / FILE_NAME).read_bytes()
    with pytest.raises(RegistryError, match=r"expected a local registry .*another program's database"):
        Store(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, but long enough to be looked at\n" * 100)
    with pytest.raises(RegistryError, match=r"registry\.sqlite3: not a registry's file"):
        Store(tmp_path)


def test_a_damaged_file_is_told_of_when_the_damage_is_met(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        for number in range(20):
            store.insert(Entity(named(Kind.TASK, version=str(number)), b"x" * 5000))
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096))
    with closing(Store(tmp_path)) as store, pytest.raises(RegistryError, match=r"registry\.sqlite3: damaged"):
        store.find(named(Kind.TASK))


def test_a_folder_that_cannot_be_made_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RegistryError, match=r"file/folder: the folder cannot be made \(Not a directory\)") as caught:
        Store(tmp_path / "file" / "folder")
    assert "writable" in caught.value.hint


def test_a_file_that_cannot_be_opened_is_told_of(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(RegistryError, match=r"registry\.sqlite3: cannot be opened"):
        Store(tmp_path)


def test_a_file_that_may_not_be_written_is_told_of(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store._database.connection.execute("PRAGMA query_only = 1")
        with pytest.raises(RegistryError, match=r"registry\.sqlite3: not writable") as caught:
            store.insert(TASK)
    assert "keep the registry elsewhere" in caught.value.hint


@pytest.fixture
def read_only_folder() -> Iterator[Path]:
    """A folder with a registry, on which nobody but root may write; this process is not root meanwhile."""
    folder = Path(tempfile.mkdtemp())
    Store(folder).close()
    (folder / FILE_NAME).chmod(0o444)
    folder.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    yield folder
    if is_root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_told_of(read_only_folder: Path) -> None:
    with pytest.raises(RegistryError, match=r"registry\.sqlite3: (not writable|cannot be opened)") as caught:
        Store(read_only_folder)
    assert "Make the folder and the file writable" in caught.value.hint
    with pytest.raises(RegistryError, match=r"below: the folder cannot be made \(Permission denied\)"):
        Store(read_only_folder / "below")


def test_a_full_disk_is_told_of_and_nothing_is_half_stored(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        [pages] = store._database.connection.execute("PRAGMA page_count").fetchone()
        store._database.connection.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(RegistryError, match=r"registry\.sqlite3: no room left on the disk"):
            store.insert(TASK)
        assert store.find(TASK.identifier) is None


def test_a_file_that_somebody_else_holds_is_told_of_after_waiting(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store, closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        store._database.connection.execute("PRAGMA busy_timeout = 20")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match=r"registry\.sqlite3: locked") as caught:
            store.insert(TASK)
        assert caught.value.code is Code.UNAVAILABLE
        other.rollback()
        assert store.insert(TASK)


def test_a_text_with_nul_is_neither_kept_nor_looked_for(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        for ask in (
            lambda: store.find(named(Kind.TASK, "a\0b")),
            lambda: store.insert(Entity(named(Kind.TASK, "a\0b"), b"\0")),
        ):
            with pytest.raises(StoreError, match=r"^expected a text without NUL \(got 'a\\x00b'\)$") as caught:
                ask()
            assert caught.value.code is Code.INVALID_ARGUMENT
        assert store.insert(Entity(named(Kind.TASK), b"\0"))


def test_a_new_file_that_somebody_else_holds_is_waited_for_no_longer_than_allowed(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="locked"):
            Store(tmp_path, busy_seconds=0.05)
        other.rollback()


def test_an_unforeseen_failure_of_sqlite_is_told_too(tmp_path: Path) -> None:
    with closing(Store(tmp_path)) as store:
        store._database.connection.execute("DROP TABLE entities")
        with pytest.raises(RegistryError, match=r"registry\.sqlite3: SQLite failed \(no such table"):
            store.find(named(Kind.TASK))


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with closing(connect(tmp_path / FILE_NAME, 1)) as connection:
        with pytest.raises(KeyError), transaction(connection):  # noqa: PT012 # what was done before is the point
            connection.execute("DELETE FROM projects")
            raise KeyError
        assert connection.execute("SELECT count(*) FROM projects").fetchone() == (1,)


def opened_at_once(folder: Path) -> list[str]:
    """Have four processes open the registry in `folder` at once; return what each said of it on standard error."""
    script = textwrap.dedent("""
        import sys
        from pathlib import Path
        from hatch_flyte.registry.store import Store
        sys.stdin.readline()
        Store(Path(sys.argv[1])).close()
    """)
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(folder)], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for opener in openers:
        assert opener.stdin
        opener.stdin.write("go\n")
        opener.stdin.flush()
    return [opener.communicate()[1] for opener in openers]


def test_several_processes_may_make_one_file_at_once(tmp_path: Path) -> None:
    assert opened_at_once(tmp_path) == [""] * 4
    with closing(Store(tmp_path)) as store:
        assert store.find_project("flytesnacks")
