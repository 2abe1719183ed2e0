from __future__ import annotations

import pytest

from hatch_flyte.bundle import BundledFile, StreamedFile, content_digest
from hatch_flyte.bundle_rules import MEGABYTE, Budget, ContentCheck, check_size, select_files
from hatch_flyte.errors import SerializeError
from hatch_flyte.leaks import Machine
from hatch_flyte.likely_secrets import SCANNED

METADATA = "acme-1.0.dist-info/METADATA"
NAMES = ("acme/__init__.py", "acme/_version.py", "acme/data/x.csv", "acme/notes.ipynb", METADATA)
SRC = frozenset(f"src/{name}" for name in NAMES if name not in {METADATA, "acme/_version.py"})
FLAT = frozenset(name.removeprefix("src/") for name in SRC)


def left_out(sources: frozenset[str], **ignore_files: str) -> set[str]:
    texts = {f".{name}": text for name, text in ignore_files.items()}
    return set(NAMES) - set(select_files(NAMES, texts, sources.__contains__).names)


class TestSelection:
    def test_without_ignore_files_the_wheel_decides_and_no_source_is_looked_for(self) -> None:
        def never(path: str) -> bool:
            pytest.fail(path)

        selection = select_files(NAMES, {}, never)

        assert (selection.names, selection.ignored) == (NAMES, {})

    def test_each_ignore_file_is_read_by_its_own_rules(self) -> None:
        assert left_out(FLAT, gitignore="*.ipynb") == {"acme/notes.ipynb"}
        assert left_out(FLAT, dockerignore="*.ipynb") == set()
        assert left_out(FLAT, dockerignore="**/*.ipynb") == {"acme/notes.ipynb"}
        assert left_out(FLAT, flyteignore="ACME/data") == {"acme/data/x.csv"}

    def test_patterns_speak_of_paths_in_the_project(self) -> None:
        assert left_out(SRC, flyteignore="src/acme/data") == {"acme/data/x.csv"}
        assert left_out(SRC, flyteignore="acme/data") == set()
        assert left_out(SRC, gitignore="/acme/data/") == set()
        assert left_out(SRC, gitignore="data/") == {"acme/data/x.csv"}

    def test_a_generated_file_goes_by_its_path_in_the_wheel(self) -> None:
        assert left_out(SRC, gitignore="acme/_version.py") == {"acme/_version.py"}
        assert left_out(SRC, gitignore="src/acme/_version.py") == set()

    def test_the_flat_layout_comes_first_as_for_hatchling(self) -> None:
        assert left_out(FLAT | SRC, gitignore="/acme/data/") == {"acme/data/x.csv"}

    def test_a_list_of_what_is_allowed_keeps_that(self) -> None:
        assert left_out(SRC, dockerignore="*\n!src/acme/__init__.py") == set(NAMES) - {"acme/__init__.py", METADATA}

    def test_metadata_stay(self) -> None:
        assert left_out(FLAT, gitignore="*.dist-info\nMETADATA\n*.csv") == {"acme/data/x.csv"}

    def test_who_left_out_what_is_told_and_an_exception_counts_in_its_own_file_only(self) -> None:
        texts = {".flyteignore": "**/*.csv", ".gitignore": "*.ipynb\n*.csv\n!*.csv"}

        selection = select_files(NAMES, texts, FLAT.__contains__)

        assert selection.names == ("acme/__init__.py", "acme/_version.py", METADATA)
        assert selection.ignored == {".flyteignore": ("acme/data/x.csv",), ".gitignore": ("acme/notes.ipynb",)}

    def test_no_module_left_is_refused(self) -> None:
        with pytest.raises(SerializeError) as caught:
            left_out(SRC, dockerignore="*\n!requirements.txt", gitignore="*.ipynb")

        assert str(caught.value) == (
            "bundle: expected modules (got none: .dockerignore leaves out 4 files)\n"
            "Except the modules in the ignore file (`!src/acme`), or take it out of `ignore-files` under "
            "[tool.hatch-flyte]: without it the wheel decides."
        )

    def test_a_wheel_without_modules_may_lose_files(self) -> None:
        assert select_files(["data/x.csv", "data/y.csv"], {".gitignore": "x.csv"}, bool).names == ("data/y.csv",)


class TestSize:
    def test_what_fits_is_not_spoken_of(self) -> None:
        assert check_size({"a": 10 * MEGABYTE}, Budget()) is None
        assert check_size({}, Budget()) is None

    def test_a_large_bundle_is_warned_of_with_its_ten_largest_files(self) -> None:
        sizes = {f"acme/{number:02}.bin": number * 500_000 for number in range(12)}

        caution = check_size(sizes, Budget())

        assert caution
        assert caution.message == (
            "bundle: expected at most 10 MB before compression (got 33 MB in 12 files; the largest 10):\n"
            "      5.5 MB  acme/11.bin\n"
            "        5 MB  acme/10.bin\n"
            "      4.5 MB  acme/09.bin\n"
            "        4 MB  acme/08.bin\n"
            "      3.5 MB  acme/07.bin\n"
            "        3 MB  acme/06.bin\n"
            "      2.5 MB  acme/05.bin\n"
            "        2 MB  acme/04.bin\n"
            "      1.5 MB  acme/03.bin\n"
            "        1 MB  acme/02.bin"
        )
        assert caution.hint == (
            "Each task downloads and unpacks it when it starts. Leave data out of the wheel, or raise "
            "`bundle-warn-size` under [tool.hatch-flyte]."
        )

    def test_a_larger_one_is_refused(self) -> None:
        with pytest.raises(SerializeError) as caught:
            check_size({"acme/model.bin": 3_100_000, "acme/__init__.py": 1}, Budget(warn=1, refuse=3 * MEGABYTE))

        assert str(caught.value) == (
            "bundle: expected at most 3 MB before compression (got 3.1 MB in 2 files):\n"
            "      3.1 MB  acme/model.bin\n"
            "        0 MB  acme/__init__.py\n"
            "Leave data out of the wheel (a task can download it, an image can hold it), or raise `bundle-max-size` "
            "under [tool.hatch-flyte]."
        )

    def test_the_limits_themselves_are_allowed(self) -> None:
        assert check_size({"a": 5}, Budget(warn=5, refuse=5)) is None
        assert check_size({"a": 5}, Budget(warn=4, refuse=5))


SECRET = BundledFile("acme/.env", b"# local\nPASSWORD=hunter2\n")
KEY = BundledFile("acme/keys/id_rsa", b"anything")
MACHINE = Machine(("/srv/builds/acme-7",), "build-7")
CODE = BundledFile("acme/__init__.py", b"x = 1\n", executable=True)


def refused(*files: BundledFile, allow: tuple[str, ...] = ()) -> str:
    """Read all files as a bundle does, and return what is said."""
    check = ContentCheck(allow, MACHINE)
    assert content_digest(check.watch(files)) == content_digest(files)
    try:
        check.finish()
    except SerializeError as error:
        return str(error)
    return ""


class TestSecrets:
    def test_all_are_said_at_once_in_the_order_of_names_and_none_is_shown(self) -> None:
        said = refused(KEY, CODE, SECRET)

        assert said == (
            "bundle: expected no secrets (got what looks like 2):\n"
            "  acme/.env, line 2: values of environment variables\n"
            "  acme/keys/id_rsa, line 1: an SSH private key\n"
            "Leave them out of the wheel, since whoever can read the bundle could read them; a task gets a secret by "
            "`secret_requests=[Secret(…)]`. If they are none, say under [tool.hatch-flyte]: "
            'allow = ["acme/.env", "acme/keys/id_rsa"]'
        )

    def test_files_without_secrets_pass(self) -> None:
        assert refused(CODE) == ""

    @pytest.mark.parametrize("glob", ["acme/.env", "*.env", "acme/*", "*"])
    def test_a_glob_over_the_whole_name_lets_a_file_through(self, glob: str) -> None:
        assert refused(SECRET, allow=("other", glob)) == ""

    @pytest.mark.parametrize("glob", [".env", "ACME/.env", "acme", "acme/"])
    def test_a_part_of_the_name_does_not(self, glob: str) -> None:
        assert refused(SECRET, allow=(glob,))

    def test_the_name_in_the_hint_lets_its_file_through_whatever_it_is(self) -> None:
        assert refused(BundledFile("acme/[a]*/.env", SECRET.content), allow=("acme/[a]*/.env",)) == ""

    def test_of_many_the_first_are_said(self) -> None:
        said = refused(*(BundledFile(f"{number:02}/.env", SECRET.content) for number in range(30)))

        assert said.count("line 2") == 20
        assert "\n  and 10 more\n" in said
        assert said.endswith('allow = ["00/.env", "01/.env", "02/.env", …]')

    def test_a_content_that_comes_in_pieces_is_looked_at_as_one(self) -> None:
        content = SECRET.content
        streamed = StreamedFile(SECRET.name, len(content), lambda: (content[:12], content[12:15], content[15:]))
        check = ContentCheck((), MACHINE)

        content_digest(check.watch([streamed]))

        with pytest.raises(SerializeError, match="line 2: values"):
            check.finish()

    def test_what_is_far_behind_is_passed_on_without_a_look(self) -> None:
        blanks, secret = b" " * SCANNED, b"\nPASSWORD=hunter2\n"
        check = ContentCheck((), MACHINE)

        [watched] = check.watch([StreamedFile(".env", SCANNED + len(secret), lambda: (blanks, secret))])

        assert list(watched.pieces()) == [blanks, secret]
        check.finish()


class TestLeaks:
    def test_paths_and_name_of_the_machine_are_said_with_file_and_line(self) -> None:
        path = BundledFile("acme/settings.toml", b"[data]\nfolder = '/srv/builds/acme-7/data'\n")
        host = BundledFile("acme/built.txt", b"by build-7\n")

        assert refused(path, CODE, host) == (
            "bundle: expected nothing of the machine that builds (got it in 2):\n"
            "  acme/built.txt, line 1: build-7\n"
            "  acme/settings.toml, line 2: /srv/builds/acme-7/data\n"
            "No other machine has it, and a build elsewhere gives another bundle: compute it in the task, or leave the "
            "file out of the wheel. If it is meant, say under [tool.hatch-flyte]: "
            'allow = ["acme/built.txt", "acme/settings.toml"]'
        )
        assert refused(path, host, allow=("acme/built.txt", "*.toml")) == ""

    def test_a_binary_file_may_hold_what_its_compiler_wrote(self) -> None:
        assert refused(BundledFile("acme/fast.so", b"\x7fELF\0/srv/builds/acme-7/fast.c\0")) == ""

    def test_secrets_come_first(self) -> None:
        assert "expected no secrets" in refused(SECRET, BundledFile("a.txt", b"/srv/builds/acme-7"))
