"""Every row of the table of faults: a publish ends as it should, and what it claims is true on the server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from faults.support_fault_rows import CASES
from faults.support_trial import names_of, pipelines, stand, unnamed, untrue

if TYPE_CHECKING:
    from faults.support_fault_case import Case

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"


def test_the_table_for_users_has_these_rows_and_their_ends() -> None:
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in PAGE.read_text().splitlines() if "|" in line]
    told = {what: {int(code) for code in re.findall(r"[0-9]+", codes)} for what, _, codes in rows[2:]}

    assert told == {row: {case.code for case in CASES if case.row == row} for row in (case.row for case in CASES)}
    assert len(CASES) >= 40


@pytest.mark.parametrize(
    "case", [pytest.param(one, id=one.label, marks=pytest.mark.long if one.long else ()) for one in CASES]
)
async def test_a_publish_ends_as_the_table_says_and_claims_nothing_that_is_not_so(case: Case, tmp_path: Path) -> None:
    archive = pipelines(case.size)
    names = names_of(archive)
    async with stand(tmp_path, case.conditions) as registry:
        ended = await registry.publish(archive)
        held = registry.held()

    assert ended.code == case.code, ended.text
    assert untrue(ended, held, archive) == []
    assert unnamed(ended, held, names) == []
    assert re.search(case.says, ended.text), ended.text
    assert (ended.claimed == set(names)) == (ended.code == 0)
    needed = len(names) + 2  # the bundle, and what is activated
    assert registry.seen.writes <= case.writes * needed
    faults = case.conditions.faults
    assert not faults or registry.seen.happened, "no call met the fault"
