"""Reading files of Flyte's own tools: what is none is told, without a line of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hatch_flyte.config.config_file import DEEPEST, LARGEST, Entry, read_config_file

UNREADABLE = Path("/proc/self/mem")
"""A file that nobody can read from its beginning, not even root."""


def read(folder: Path, content: str | bytes, name: str = "config.yaml") -> dict[str, Entry]:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_config_file(path)


def refusal(folder: Path, content: str | bytes, name: str = "config.yaml") -> str:
    with pytest.raises(ValueError, match="expected") as caught:
        read(folder, content, name)
    return str(caught.value)


def test_values_of_yaml_are_texts_whatever_they_look_like(tmp_path: Path) -> None:
    text = (
        "admin:\n  endpoint: dns:///x\n  insecure: true\n  maxRetries: 4\n  command: [a, 1]\n  scopes: ~\nlogger: x\n"
    )
    assert read(tmp_path, text) == {
        "admin.endpoint": Entry("admin.endpoint", "dns:///x"),
        "admin.insecure": Entry("admin.insecure", "true"),
        "admin.maxretries": Entry("admin.maxRetries", "4"),
        "admin.command": Entry("admin.command", ["a", "1"]),
    }


def test_a_tag_of_yaml_makes_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "made"
    text = f'admin:\n  endpoint: !!python/object/apply:os.mkdir ["{marker}"]\n'
    assert read(tmp_path, text)["admin.endpoint"].value == [str(marker)]
    assert not marker.exists()


@pytest.mark.parametrize("name", ["config", "flytekit.config", "x.ini"])
def test_what_is_not_called_yaml_is_ini(tmp_path: Path, name: str) -> None:
    text = "[platform]\nurl = flyte.acme.io\nInsecure = True\n[credentials]\ncommand = a,100%\n"
    assert read(tmp_path, text, name) == {
        "platform.url": Entry("platform.url", "flyte.acme.io"),
        "platform.insecure": Entry("platform.insecure", "True"),
        "credentials.command": Entry("credentials.command", "a,100%"),
    }


def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path: Path) -> None:
    assert list(read(tmp_path, b"\xef\xbb\xbfadmin: {endpoint: x}")) == ["admin.endpoint"]


BOMB = "a: &a [canary, canary]\nb: &b [*a, *a]\nc: [*b, *b]\n"
WRONG: dict[str, tuple[str | bytes, str]] = {
    "no table": ("- canary", "expected a table, as `admin:` with `endpoint: …` below it (got something else)"),
    "nothing": ("", "expected a table, as `admin:` with `endpoint: …` below it (got something else)"),
    "a bare text": ("canary", "expected a table, as `admin:` with `endpoint: …` below it (got something else)"),
    "no yaml": ("admin: [canary\nx: y", "expected YAML (expected ',' or ']', but got ':', line 2)"),
    "a tab": (
        "admin:\n\tendpoint: canary",
        "expected YAML (found character '\\t' that cannot start any token, line 2)",
    ),
    "two documents": ("admin: {}\n---\nadmin: {}", "expected YAML (but found another document, line 2)"),
    "characters that YAML has not": ("admin: \x01canary", "expected YAML (characters that are not allowed)"),
    "aliases": (BOMB, "expected YAML without aliases (`*name`)"),
    "deep": ("a: " + "[" * 30000, f"expected YAML of {DEEPEST} levels at most (got more)"),
    "large": (b"#" * (LARGEST + 1), f"expected {LARGEST} bytes at most (got more)"),
    "no utf-8": (b"admin:\n  x: \xff", "expected UTF-8 (got byte 0xff in line 2)"),
}


@pytest.mark.parametrize(("content", "problem"), WRONG.values(), ids=WRONG)
def test_what_is_no_yaml_of_ours_is_told_without_its_content(
    tmp_path: Path, content: str | bytes, problem: str
) -> None:
    assert refusal(tmp_path, content) == problem


@pytest.mark.parametrize(
    ("content", "place"),
    [
        ("admin:\n  endpoint: canary", " in line 1"),
        ("[platform]\nurl = canary\nurl = canary", " in line 3"),
        ("[platform]\ncanary", ""),
    ],
)
def test_what_is_no_ini_is_told_without_its_content(tmp_path: Path, content: str, place: str) -> None:
    assert refusal(tmp_path, content, "config") == (
        f"expected sections as `[platform]` with `key = value` (got something else{place}; YAML ends in .yaml)"
    )


@pytest.mark.skipif(not UNREADABLE.exists(), reason="needs Linux")
def test_a_file_must_be_readable() -> None:
    with pytest.raises(ValueError, match="cannot be read") as caught:
        read_config_file(UNREADABLE)
    assert str(caught.value) == "cannot be read (Input/output error)"


def test_a_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected a file") as caught:
        read_config_file(tmp_path / "config.yaml")
    assert str(caught.value) == f"expected a file (got {str(tmp_path / 'config.yaml')!r})"
