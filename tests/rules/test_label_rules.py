"""Which labels and names Kubernetes takes."""

from __future__ import annotations

import pytest

from hatch_flyte.rules.labels import check_labels, label_problems, qualified_name_problems
from hatch_flyte.rules.refusal import RefusalError


@pytest.mark.parametrize("key", ["a", "A-b_c.9", "example.com/a", "a.b-c/x"])
def test_a_name_with_or_without_a_domain_is_a_key(key: str) -> None:
    assert qualified_name_problems(key) == []


@pytest.mark.parametrize(
    ("key", "begins"),
    [
        ("-a", ["name part must consist of alphanumeric characters"]),
        ("a" * 64, ["name part must be no more than 63 characters"]),
        ("", ["name part must be non-empty", "name part must consist of"]),
        ("a/", ["name part must be non-empty", "name part must consist of"]),
        ("/a", ["prefix part must be non-empty"]),
        ("A/a", ["prefix part a lowercase RFC 1123 subdomain must consist of"]),
        ("a" * 254 + "/a", ["prefix part must be no more than 253 characters"]),
        ("a/b/c", ["a qualified name must consist of"]),
    ],
)
def test_what_is_no_key_is_told_why(key: str, begins: list[str]) -> None:
    found = qualified_name_problems(key)
    assert [text[: len(begin)] for text, begin in zip(found, begins, strict=True)] == begins


@pytest.mark.parametrize("name", ["a", "0-9", "a" * 63])
def test_a_label_of_the_domain_name_system_is_a_projects_name(name: str) -> None:
    assert label_problems(name) == []


@pytest.mark.parametrize(("name", "count"), [("", 1), ("A", 1), ("a_b", 1), ("-a", 1), ("a" * 64, 1), ("A" * 64, 2)])
def test_anything_else_is_none(name: str, count: int) -> None:
    assert len(label_problems(name)) == count


def test_labels_are_refused_for_their_number_a_key_or_a_value() -> None:
    check_labels({f"k{number}": "" for number in range(16)})
    with pytest.raises(RefusalError, match=r"^labels map cannot exceed 16 entries$"):
        check_labels({f"k{number}": "" for number in range(17)})
    with pytest.raises(RefusalError, match=r"^invalid label key \[a b\]: \[name part must consist"):
        check_labels({"a b": "x"})
    with pytest.raises(RefusalError, match=r"^invalid label value \[x y\]: \[a valid label must be an empty string or"):
        check_labels({"a": "x y"})
    with pytest.raises(RefusalError, match=r"\[must be no more than 63 characters\]$"):
        check_labels({"a": "x" * 64})
