from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from support_archives import archive_of, foreign
from support_registries import TARGET
from support_releases import plan_id

from hatch_flyte.activation import Move, Moved, MoveStatus
from hatch_flyte.breaking import RULES, BreakingChange
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import BreakingError, RejectedError, UnreachableError
from hatch_flyte.github_text import LISTED, annotation_lines, summary
from hatch_flyte.outcome import Outcome, Report, Status
from hatch_flyte.plan import Plan
from hatch_flyte.report_text import Published
from hatch_flyte.wire.compare import Difference

if TYPE_CHECKING:
    from hatch_flyte.archive import Archive

TASK = Identifier(Kind.TASK, "flytesnacks", "development", "acme.double", "1.0")
CONFLICT = Outcome(TASK, Status.CONFLICT, differences=(Difference("container.image", "p:2", "p:1"),))
MOVE = Move(plan_id("acme.flow", "1.0"), activate=True, before="0.9", starts="cron 0 6 * * *")


def located() -> Archive:
    """An archive whose manifest says where things are defined."""
    archive = archive_of()
    assert archive.manifest
    entities = tuple(replace(one, source="acme/flows.py", line=7) for one in archive.manifest.entities)
    return replace(archive, manifest=replace(archive.manifest, entities=entities))


def published(*outcomes: Outcome, archive: Archive | None = None, **more: Any) -> Published:
    values: dict[str, Any] = {"target": TARGET, "place": "", "version": "1.0", "outcomes": outcomes}
    return Published(archive or located(), Report(**values | more))


def planned(**more: Any) -> Plan:
    values: dict[str, Any] = {
        "target": TARGET,
        "place": "",
        "distribution": "acme-pipelines",
        "version": "1.0",
        "entities": (),
        "bundle": None,
        "base": None,
    }
    return Plan(**values | more)


def lines(one: Published) -> list[str]:
    return list(annotation_lines(one, lambda path: f"src/{path}"))


class TestAnnotations:
    def test_a_conflict_stands_at_the_line_that_defines_it(self) -> None:
        [line] = lines(published(CONFLICT))

        assert line.startswith(
            "::error file=src/acme/flows.py,line=7,title=hatch-flyte local::task acme.double 1.0 in "
        )
        assert "is there with other content%0Acontainer.image" in line
        assert "a registered version never changes" in line

    def test_a_failure_says_why_and_what_to_do(self) -> None:
        error = RejectedError("refused", hint="Do this.")

        [line] = lines(published(Outcome(TASK, Status.FAILED, "refused", error=error)))

        assert line.endswith("::task acme.double 1.0 in flytesnacks/development: refused%0ADo this.")

    def test_without_a_manifest_it_stands_nowhere(self) -> None:
        [line] = lines(published(CONFLICT, archive=foreign(archive_of())))

        assert line.startswith("::error title=hatch-flyte local::")

    def test_what_was_not_sent_is_one_warning_for_each_reason_that_names_all(self) -> None:
        skipped = [Outcome(replace(TASK, name=name), Status.SKIPPED, "not sent: x") for name in "abc"]

        begin = "::warning title=hatch-flyte local::"
        assert lines(published(*skipped)) == [f"{begin}3 entities not sent: x%0Atask a, task b, task c"]
        assert lines(published(skipped[0])) == [f"{begin}1 entity not sent: x%0Atask a"]

    def test_what_stopped_the_cluster_is_an_error_without_a_place(self) -> None:
        [line] = lines(published(error=UnreachableError("nobody answers", hint="Look.")))

        assert line == "::error title=hatch-flyte local::nobody answers%0ALook."

    def test_breaking_changes_are_warnings_or_errors_at_their_lines(self) -> None:
        change = BreakingChange(next(iter(RULES.values())), Kind.TASK, "acme.double", "input b is new")
        warned = published(plan=planned(breaking=(change,)))
        refused = published(plan=planned(breaking=(change,), refused=(change,)), error=BreakingError("refuses it"))

        assert [line.partition("::task")[0] for line in (*lines(warned), *lines(refused))] == [
            "::warning file=src/acme/flows.py,line=7,title=hatch-flyte local",
            "::error file=src/acme/flows.py,line=7,title=hatch-flyte local",
        ]

    def test_launch_plans_that_did_not_move_and_orphans(self) -> None:
        failed = Moved(MOVE, MoveStatus.FAILED, "refused", RejectedError("refused", hint="Do this."))
        kept = Moved(MOVE, MoveStatus.SKIPPED, "not sent: b has not registered all")
        orphan = planned(orphans=(Move(plan_id("weekly", "0.9"), activate=False, before="0.9"),))

        said = lines(published(moved=(failed, kept), plan=orphan))

        assert [line.split(" ", 1)[0] for line in said] == ["::error", "::warning", "::warning"]
        assert "was not activated: refused%0ADo this." in said[0]
        assert "1 active launch plan of acme-pipelines is no longer in this release: weekly" in said[2]


class TestSummary:
    def test_each_cluster_has_a_row(self) -> None:
        text = summary([published(Outcome(TASK, Status.CREATED))], 0)

        assert text == (
            "### hatch-flyte publish: done\n\n"
            "| cluster | project / domain | release | outcome |\n| --- | --- | --- | --- |\n"
            "| local | flytesnacks / development | acme\\-pipelines 1.0 | 1 created |\n\n"
        )

    def test_what_somebody_has_to_look_at_stands_below(self) -> None:
        text = summary([published(CONFLICT, moved=(Moved(MOVE, MoveStatus.ACTIVATED),))], 8)

        assert "publish: not done (exit code 8)" in text
        assert "- error: task acme.double 1.0 in flytesnacks/development is there with other content<br>" in text
        assert "- activated launch plan acme.flow 1.0 \\(before: 0.9; starts cron 0 6 \\* \\* \\*\\)" in text

    def test_created_launch_plans_lead_to_the_console(self) -> None:
        target = replace(TARGET, console="https://flyte.acme.io")

        text = summary([published(Outcome(MOVE.identifier, Status.CREATED), target=target)], 0)

        assert "- created: [acme.flow](https://flyte.acme.io/console/projects/" in text

    def test_long_lists_end(self) -> None:
        many = [Outcome(replace(TASK, name=f"t{number}"), Status.FAILED, "x") for number in range(LISTED + 2)]

        text = summary([published(*many)], 1)

        assert text.count("- error") == LISTED
        assert "- … and 2 more" in text

    def test_foreign_words_are_no_markup(self) -> None:
        odd = Outcome(TASK, Status.FAILED, "<script>|`x`\x1b[1m\n# head [a](b)")

        text = summary([published(odd)], 1)

        assert "&lt;script&gt;\\|\\`x\\`\\\\x1b\\[1m<br>\\# head \\[a\\]\\(b\\)" in text
