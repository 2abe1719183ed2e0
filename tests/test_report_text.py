from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support_archives import archive_of, foreign
from support_registries import TARGET
from support_releases import plan_id

from hatch_flyte.activation import Move, Moved, MoveStatus
from hatch_flyte.entity import Identifier, Kind
from hatch_flyte.errors import RejectedError, UnreachableError
from hatch_flyte.outcome import Outcome, Report, Status
from hatch_flyte.plan import Plan
from hatch_flyte.registry.port import Location
from hatch_flyte.report_text import (
    Published,
    closing,
    heading,
    moved_lines,
    named,
    outcome_lines,
    printable,
    report_lines,
    shown,
    to_json,
)
from hatch_flyte.wire.compare import Difference

if TYPE_CHECKING:
    from hatch_flyte.archive import Archive

NAMES = ("acme.a", "acme.b", "acme.c")


def outcome(status: Status, name: str = "acme.a", **more: Any) -> Outcome:
    return Outcome(Identifier(Kind.TASK, "flytesnacks", "development", name, "1.0"), status, **more)


def report(*outcomes: Outcome, **more: Any) -> Report:
    values: dict[str, Any] = {
        "target": TARGET,
        "place": "/data/registry.sqlite3",
        "version": "1.0",
        "outcomes": outcomes,
    }
    return Report(**values | more)


def published(*outcomes: Outcome, archive: Archive | None = None, **more: Any) -> Published:
    return Published(archive or archive_of(), report(*outcomes, **more))


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("plain\n\ttext, grüße, 漢字", "plain\n\ttext, grüße, 漢字"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\rb\x00\x07\x9b", "a\\rb\\x00\\x07\\x9b"),
        ("\u202eright to left", "\\u202eright to left"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
    ],
)
def test_text_is_made_printable(text: str, harmless: str) -> None:
    assert printable(text) == harmless


class TestHeading:
    def test_it_names_cluster_place_and_distribution(self) -> None:
        assert heading(published()) == ("local: flytesnacks/development, acme-pipelines 1.0, at /data/registry.sqlite3")

    def test_both_versions_stand_where_they_differ(self) -> None:
        one = published(archive=archive_of(version="1.4.dev3+gabc"), version="1.4.dev3-gabc")

        assert "acme-pipelines 1.4.dev3+gabc as version 1.4.dev3-gabc, at" in heading(one)

    def test_an_archive_without_a_manifest_has_a_version_alone(self) -> None:
        assert "development, version 1.0, at" in heading(published(archive=foreign(archive_of())))

    def test_a_registry_that_was_not_opened_has_no_place(self) -> None:
        assert heading(published(place="")).endswith("acme-pipelines 1.0")

    def test_a_registry_that_nobody_named_is_explained(self) -> None:
        assert named(TARGET) == "local"
        assert named(replace(TARGET, implicit=True)) == "local (no cluster is configured: this is the local registry)"


class TestOutcomeLines:
    def test_created_is_one_line(self) -> None:
        assert list(outcome_lines(outcome(Status.CREATED))) == ["created          task        acme.a"]

    def test_why_and_what_to_do_stand_below_it_indented(self) -> None:
        error = RejectedError("refused", hint="Do this.")

        lines = list(outcome_lines(outcome(Status.FAILED, detail="refused\nin two lines", error=error)))

        assert lines[1:] == ["    refused", "    in two lines", "    Do this."]

    def test_of_many_differences_some_are_shown_and_the_rest_counted(self) -> None:
        differences = tuple(Difference(f"f{number}", "1", "2") for number in range(12))

        lines = list(outcome_lines(outcome(Status.CONFLICT, differences=differences)))

        assert len(lines) == 12
        assert "f9" in lines[10]
        assert lines[-1] == "    … and 2 more"

    def test_foreign_words_cannot_steer_the_terminal(self) -> None:
        lines = outcome_lines(
            outcome(Status.FAILED, "\x1b[1m", detail="\x1b[2m", error=RejectedError("x", hint="\x07"))
        )

        assert "".join(lines).isprintable()


class TestShown:
    def test_what_is_unchanged_is_left_out_unless_asked_for(self) -> None:
        one = report(outcome(Status.UNCHANGED), outcome(Status.CREATED, "acme.b"))

        assert [each.identifier.name for each in shown(one, verbose=False)] == ["acme.b"]
        assert list(shown(one, verbose=True)) == list(one.outcomes)

    def test_one_stands_for_all_that_were_skipped_for_one_reason(self) -> None:
        one = report(*(outcome(Status.SKIPPED, name, detail="not sent: x") for name in NAMES))

        assert [each.identifier.name for each in shown(one, verbose=False)] == ["acme.a"]
        assert len(list(shown(one, verbose=True))) == 3

    def test_none_is_shown_where_the_reason_is_the_reports_own_error(self) -> None:
        skipped = [outcome(Status.SKIPPED, name, detail="not sent: nobody answers") for name in NAMES]

        assert list(shown(report(*skipped, error=UnreachableError("nobody answers")), verbose=False)) == []

    @pytest.mark.parametrize("verbosity", [-1, 0, 1])
    @pytest.mark.parametrize("error", [None, UnreachableError("nobody answers")])
    def test_every_entity_that_is_not_there_is_named(self, verbosity: int, error: UnreachableError | None) -> None:
        skipped = [outcome(Status.SKIPPED, name, detail="not sent: nobody answers") for name in NAMES]
        failed = outcome(Status.FAILED, "acme.d", detail="no")

        text = "\n".join(line for _, line in report_lines(published(*skipped, failed, error=error), verbosity))

        assert [name for name in (*NAMES, "acme.d") if name not in text] == []
        assert text.count("not sent: nobody answers") == (3 if verbosity > 0 else 1 if not (error or verbosity) else 0)

    def test_those_that_are_only_named_share_a_line_with_others_of_their_kind(self) -> None:
        skipped = [outcome(Status.SKIPPED, name, detail="not sent: nobody answers") for name in NAMES]

        lines = [line for _, line in report_lines(published(*skipped, error=UnreachableError("nobody answers")))]

        assert lines[2] == "skipped          task        acme.a, acme.b, acme.c"

    def test_all_are_named_after_an_interruption(self) -> None:
        skipped = [outcome(Status.SKIPPED, name, detail="not sent: interrupted") for name in NAMES]

        assert list(shown(report(*skipped, interrupted=True), verbose=False)) == skipped


class TestClosing:
    @pytest.mark.parametrize(
        ("given", "line"),
        [
            (report(outcome(Status.CREATED)), "local: 1 created"),
            (report(outcome(Status.CREATED), uploaded=True), "local: 1 created; bundle uploaded"),
            (report(outcome(Status.UNCHANGED)), "local: 1 unchanged; nothing to do"),
            (report(outcome(Status.UNCHANGED), interrupted=True), "local: 1 unchanged; nothing to do"),
            (report(outcome(Status.UNCHANGED), uploaded=True), "local: 1 unchanged; bundle uploaded"),
            (
                report(outcome(Status.SKIPPED), interrupted=True),
                "local: 1 skipped; interrupted: publish again to complete it",
            ),
            (report(outcome(Status.SKIPPED), error=UnreachableError("nobody\nanswers")), "local: 1 skipped"),
        ],
    )
    def test_it_is_one_line(self, given: Report, line: str) -> None:
        assert closing(given) == line

    def test_a_conflict_says_what_to_do(self) -> None:
        assert closing(report(outcome(Status.CONFLICT))).startswith(
            "local: 1 conflict; a registered version never changes"
        )


class TestMoves:
    MOVE = Move(plan_id("nightly", "1.4"), activate=True, before="1.3", starts="cron 0 6 * * *", stops="cron 0 5 * * *")

    @pytest.mark.parametrize(
        ("moved", "lines"),
        [
            (
                Moved(MOVE, MoveStatus.ACTIVATED),
                ["activated        launch plan nightly 1.4 (before: 1.3; starts cron 0 6 * * *; stops cron 0 5 * * *)"],
            ),
            (
                Moved(replace(MOVE, before="", stops=""), MoveStatus.PLANNED),
                ["would be activated launch plan nightly 1.4 (before: none; starts cron 0 6 * * *)"],
            ),
            (
                Moved(Move(plan_id("nightly", "1.3"), activate=False, before="1.3"), MoveStatus.PLANNED),
                ["would be deactivated launch plan nightly 1.3"],
            ),
            (
                Moved(Move(plan_id("nightly", "1.3"), activate=False), MoveStatus.UNCHANGED),
                ["inactive already launch plan nightly 1.3"],
            ),
            (
                Moved(
                    Move(plan_id("x", "1"), activate=True), MoveStatus.FAILED, "no\x1b", RejectedError("no", hint="Do.")
                ),
                ["failed           launch plan x 1 (before: none)", "    no\\x1b", "    Do."],
            ),
        ],
    )
    def test_a_line_says_what_was_before_and_which_schedules_move(self, moved: Moved, lines: list[str]) -> None:
        assert list(moved_lines(moved)) == lines

    def test_quiet_names_those_that_failed_only(self) -> None:
        error = RejectedError("refused")
        one = published(moved=(Moved(self.MOVE, MoveStatus.ACTIVATED), Moved(self.MOVE, MoveStatus.FAILED, "x", error)))

        assert [about for about, _ in report_lines(one, -1)] == ["failed", "failed", "bad"]


def test_json_leaves_nothing_out() -> None:
    conflict = outcome(Status.CONFLICT, differences=(Difference("template.type", "a", "b"),))
    plan = Plan(
        target=TARGET,
        place="",
        distribution="acme-pipelines",
        version="1.0",
        entities=(),
        bundle=Location("s3://bucket/fast1.tar.gz", stored=True),
        base=None,
    )
    one = published(
        outcome(Status.UNCHANGED, "acme.b"),
        conflict,
        plan=plan,
        error=UnreachableError("gone", hint="Look."),
    )

    table = to_json([one], 5)

    assert table["exit_code"] == 5
    [cluster] = table["clusters"]
    assert cluster["distribution"] == {"name": "acme-pipelines", "version": "1.0"}
    assert cluster["error"] == "gone\nLook."
    assert cluster["bundle"] == "s3://bucket/fast1.tar.gz"
    assert cluster["counts"] == {"unchanged": 1, "conflict": 1}
    assert cluster["outcomes"][1]["differences"] == [{"field": "template.type", "sent": "a", "stored": "b"}]


def test_json_of_an_archive_without_a_manifest_has_no_distribution() -> None:
    one = published(outcome(Status.CREATED), archive=foreign(archive_of()))

    [cluster] = to_json([one], 0)["clusters"]

    assert (cluster["distribution"], cluster["error"], cluster["bundle"]) == (None, None, None)
