"""pytest imports test files by their base names: two of one name end a whole run with a collection error."""

from __future__ import annotations

from collections import Counter
from pathlib import Path


def test_no_two_test_files_or_helpers_share_a_name() -> None:
    tests = Path(__file__).parent
    files = [path for path in tests.rglob("*.py") if "layouts" not in path.parts and path.name != "conftest.py"]
    names = Counter(path.name for path in files)
    assert [name for name, count in names.items() if count > 1] == []
    assert len(files) > 100
