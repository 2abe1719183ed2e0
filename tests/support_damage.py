"""What damaged wheels and archives have in common: odd names, odd texts, bytes with something wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.configuration import set_hypothesis_home_dir

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

OUTSIDE = "/tmp/hatch-flyte-outside"  # noqa: S108 # a name that nothing may be written to
"""Where members want to go that lie outside of everything."""

ODD_NAMES = st.one_of(
    st.sampled_from(
        [
            b"", b".", b"..", b"../x.py", b"acme/../../x.py", b"a/./b.py", b"a//b.py", b"./a.py", b"/", b"//x",
            b"/etc/x.py", OUTSIDE.encode(), f"..{OUTSIDE}".encode(), b"C:/x.py", b"C:x.py", b"c:\\x.py",
            b"a\\..\\x.py",
            b"\\\\host\\x", b"a\0b.py", b"../x\0.py", b"a\nb.py", b"a\x1b[31mb.py", b"\x7f.py", b"a" * 256,
            b"a" * 255 + b"/x.py",
            b"a/" * 300 + b"x.py", b"a/" * 600 + b"x.py", b"x" * 60_000, b"acme", b"acme/flows.py/x.py",
            b"ACME/flows.py", b"acme/Flows.py", b"acme/FLOWS.PY", b"acme/fl\xef\xac\x82ows.py", b"caf\xc3\xa9.py",
            b"cafe\xcc\x81.py",
            b"\xff\xfe.py", b"\xed\xa0\x80.py", b"\xe2\x80\xae.py", b"\xe2\x80\xa8.py", b"\xc2\xa0.py",
            b"\xc2\x85.py",
            b"\xf0\x9f\x90\x9f.py", b"con.py", b"aux", b"a.", b"a ", b" a", b"~/x.py", b"$HOME/x", b"-rf", b"a:b.py",
            b"acme/a:b", b"__pycache__/x.cpython-312.pyc", b"acme/__pycache__/flows.cpython-312.pyc",
            b"acme/flows.pyc",
            b"acme/only.pyc", b"acme/__main__.py", b"x.data/purelib/../../y.py", b"x.data/purelib/",
            b"x.data/purelib", b"x.data//y.py",
            b"acme-1.data/purelib/acme/flows.py", b"acme-1.dist-info/METADATA/x", b"other-2.dist-info/METADATA",
            b".dist-info/METADATA", b"acme-1.dist-info", b"0_x_1.pb", b"0_x_9.pb", b"fast.tar.gz", b"d/fastx.tar.gz",
        ]
    ),
    st.binary(max_size=12),
)  # fmt: skip


def texts() -> st.SearchStrategy[str]:
    """Draw short texts of characters that make trouble."""
    return st.text(st.sampled_from("a_.:/ \0\n\r\x1b\x85\u202e\u2028\ud800\udfff\U0001f41f\"'\\`{}[]"), max_size=12)


@st.composite
def damaged_bytes(draw: st.DrawFn, data: bytes, places: Sequence[int] = ()) -> bytes:
    """Draw `data` with one to four bytes or stretches flipped, cut, inserted, doubled or overwritten.

    `places` are positions that are more likely than others.
    """
    anywhere = st.integers(0, max(len(data) - 1, 0))
    where = st.one_of(st.sampled_from(list(places)), anywhere) if places else anywhere
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at, length = draw(where), draw(st.sampled_from([1, 2, 4, 8, 46, 512, 1 << 20]))
        action = draw(st.sampled_from(["flip", "flip", "cut", "insert", "double", "set"]))
        if action == "flip" and at < len(changed):
            changed[at] ^= draw(st.integers(1, 255))
        elif action == "cut":
            del changed[at : at + length]
        elif action == "insert":
            changed[at:at] = draw(st.binary(min_size=1, max_size=8))
        elif action == "double":
            changed[at:at] = changed[at : at + length]
        elif action == "set":
            fill = draw(st.sampled_from([0, 0x20, 0x30, 0x7F, 0x80, 0xFF]))
            changed[at : at + min(length, 8)] = bytes([fill]) * len(changed[at : at + min(length, 8)])
    return bytes(changed)


def judge_all(
    cases: st.SearchStrategy[Any], check: Callable[[Any], object], count: int, home: Path, series: int | None = None
) -> None:
    """Have `check` judge `count` cases, the same ones in every run; Hypothesis keeps what it needs in `home`.

    `series`: which cases; of another number they are others.
    """
    seen = 0

    @settings(
        derandomize=True,
        max_examples=count,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )
    @given(cases)
    def judge(case: Any) -> None:
        nonlocal seen
        seen += 1
        check(case)

    set_hypothesis_home_dir(home)
    try:
        (judge if series is None else seed(series)(judge))()
    finally:
        set_hypothesis_home_dir(None)
    assert seen >= count
