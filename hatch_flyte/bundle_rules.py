"""What may be in a bundle: which of the wheel's files, how much of it, no secrets, and nothing of this machine.

Functions of names, sizes and contents. Knows neither wheels nor the file system: both are asked through what is given.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

from hatch_flyte.bundle import StreamedFile
from hatch_flyte.caution import Caution
from hatch_flyte.errors import SerializeError
from hatch_flyte.ignore_patterns import ignores
from hatch_flyte.leaks import leak_in
from hatch_flyte.likely_secrets import SCANNED, SNIFFED, Finding, find_secrets, is_binary

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from hatch_flyte.bundle import AnyFile
    from hatch_flyte.leaks import Machine

MEGABYTE = 1_000_000
_SOURCE_FOLDERS = ("", "src/")
"""Where in a project a wheel's files come from, in the order in which hatchling looks for packages."""
_MODULE_ENDINGS = (".py", ".so", ".pyd", ".pyc")
_LARGEST = 10
_SHOWN_FINDINGS = 20
_SHOWN_NAMES = 3
_SECRETS = "expected no secrets (got what looks like {count})"
_SECRETS_HINT = (
    "Leave them out of the wheel, since whoever can read the bundle could read them; a task gets a secret by "
    "`secret_requests=[Secret(…)]`. If they are none"
)
_LEAKS = "expected nothing of the machine that builds (got it in {count})"
_LEAKS_HINT = (
    "No other machine has it, and a build elsewhere gives another bundle: compute it in the task, or leave the file "
    "out of the wheel. If it is meant"
)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which of a wheel's files go into its bundle."""

    names: tuple[str, ...]
    ignored: Mapping[str, tuple[str, ...]]
    """The others, by the ignore file that leaves them out; the first of several."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How large a bundle may be: bytes of all its files together, before compression."""

    warn: int = 10 * MEGABYTE
    refuse: int = 200 * MEGABYTE


def select_files(names: Sequence[str], ignore_files: Mapping[str, str], is_source: Callable[[str], bool]) -> Selection:
    """Return which of the wheel's files `names` go into the bundle, given the ignore files that were asked for.

    `ignore_files` has their contents by name, `is_source` tells whether the project's folder has a file at a path.

    Ignore files speak of the project's folder, where all three tools read them, and of paths below it. So each file is
    looked up where it comes from, at its own path or below `src/`; a file that comes from neither (a generated one)
    goes by its path in the wheel. A file is left out if any of the ignore files says so: an exception (`!`) counts in
    its own file only, as with flytekit. `.dist-info` stays: it is what tells a task which distribution it runs. Nothing
    else is spared, also no module that another one needs.

    Raises `SerializeError` where no module is left.
    """
    matchers = [(name, ignores(name, text)) for name, text in ignore_files.items()]
    kept: list[str] = []
    ignored: dict[str, list[str]] = {}
    for name in names:
        path = _path_in_project(name, is_source) if matchers else name
        by = "" if _is_metadata(name) else next((by for by, ignored_by in matchers if ignored_by(path)), "")
        (ignored.setdefault(by, []) if by else kept).append(name)
    if ignored and not any(map(_is_module, kept)) and any(map(_is_module, names)):
        raise _nothing_left(ignored)
    return Selection(tuple(kept), {by: tuple(left_out) for by, left_out in ignored.items()})


def _path_in_project(name: str, is_source: Callable[[str], bool]) -> str:
    return next((f"{folder}{name}" for folder in _SOURCE_FOLDERS if is_source(f"{folder}{name}")), name)


def _is_metadata(name: str) -> bool:
    return name.partition("/")[0].endswith(".dist-info")


def _is_module(name: str) -> bool:
    return name.endswith(_MODULE_ENDINGS)


def _nothing_left(ignored: Mapping[str, Sequence[str]]) -> SerializeError:
    listed = ", ".join(f"{by} leaves out {_files(len(names))}" for by, names in ignored.items())
    return SerializeError(
        f"bundle: expected modules (got none: {listed})",
        hint="Except the modules in the ignore file (`!src/acme`), or take it out of `ignore-files` under "
        "[tool.hatch-flyte]: without it the wheel decides.",
    )


def check_size(sizes: Mapping[str, int], budget: Budget) -> Caution | None:
    """Return a warning of a bundle with files of these `sizes` (bytes, by name); None if there is nothing to say.

    What counts is the size before compression, though a task downloads less: it is known before anything is
    serialized, the same with each compressor, what a pod's disk must hold, and what users see of their files.

    Raises `SerializeError` for a bundle over `budget.refuse`.
    """
    total = sum(sizes.values())
    if total > budget.refuse:
        raise SerializeError(
            _size_message(sizes, total, budget.refuse),
            hint="Leave data out of the wheel (a task can download it, an image can hold it), or raise "
            "`bundle-max-size` under [tool.hatch-flyte].",
        )
    if total > budget.warn:
        return Caution(
            _size_message(sizes, total, budget.warn),
            "Each task downloads and unpacks it when it starts. Leave data out of the wheel, or raise "
            "`bundle-warn-size` under [tool.hatch-flyte].",
        )
    return None


def _size_message(sizes: Mapping[str, int], total: int, limit: int) -> str:
    largest = sorted(sizes, key=lambda name: (-sizes[name], name))[:_LARGEST]
    rows = "".join(f"\n  {_megabytes(sizes[name]):>10}  {name}" for name in largest)
    named = f"; the largest {len(largest)}" if len(sizes) > len(largest) else ""
    return (
        f"bundle: expected at most {_megabytes(limit)} before compression "
        f"(got {_megabytes(total)} in {_files(len(sizes))}{named}):{rows}"
    )


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB".replace(".0 MB", " MB")


def _files(count: int) -> str:
    return f"{count:,} file{'s' * (count != 1)}"


class ContentCheck:
    """Looks for secrets, and for what belongs to `machine`, in files while they are read, so that each is read once.

    `allow` has globs over whole names in the bundle, with `/`; `*` fits any characters, `/` too. What fits one of them
    is not looked at. Of a binary file the beginning is, and for secrets only, since compilers write paths into theirs;
    of others the first `likely_secrets.SCANNED` bytes.
    """

    def __init__(self, allow: Sequence[str], machine: Machine) -> None:
        self._allow = allow
        self._machine = machine
        self._secrets: list[Finding] = []
        self._leaks: list[Finding] = []

    def watch(self, files: Iterable[AnyFile]) -> Iterator[AnyFile]:
        """Give the files back; what is read of them is looked at."""
        for file in files:
            if any(file.name == glob or fnmatchcase(file.name, glob) for glob in self._allow):
                yield file
            else:
                yield StreamedFile(file.name, file.size, partial(self._pieces, file), file.executable)

    def finish(self) -> None:
        """Raise `SerializeError` if there was something, with all findings, but none of the secrets."""
        for findings, head, hint in ((self._secrets, _SECRETS, _SECRETS_HINT), (self._leaks, _LEAKS, _LEAKS_HINT)):
            if findings:
                raise _refusal(sorted(findings, key=lambda finding: (finding.name, finding.line)), head, hint)

    def _pieces(self, file: AnyFile) -> Iterator[bytes]:
        head = io.BytesIO()
        wanted = SNIFFED
        for piece in file.pieces():
            if head.tell() < wanted:
                head.write(piece)
                wanted = SNIFFED if is_binary(bytes(head.getbuffer()[:SNIFFED])) else SCANNED
            yield piece
        content = head.getvalue()
        self._secrets += find_secrets(file.name, content)
        if not is_binary(content) and (leak := leak_in(content, self._machine)):
            line = content.count(b"\n", 0, max(content.find(leak.encode()), 0)) + 1
            self._leaks.append(Finding(file.name, leak, line))


def _refusal(findings: Sequence[Finding], head: str, hint: str) -> SerializeError:
    rows = [f"\n  {finding}" for finding in findings[:_SHOWN_FINDINGS]]
    if len(findings) > _SHOWN_FINDINGS:
        rows.append(f"\n  and {len(findings) - _SHOWN_FINDINGS} more")
    names = list(dict.fromkeys(json.dumps(finding.name, ensure_ascii=False) for finding in findings))
    listed = ", ".join([*names[:_SHOWN_NAMES], *["…"] * (len(names) > _SHOWN_NAMES)])
    return SerializeError(
        f"bundle: {head.format(count=len(findings))}:{''.join(rows)}",
        hint=f"{hint}, say under [tool.hatch-flyte]: allow = [{listed}]",
    )
