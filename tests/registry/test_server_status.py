"""What clients are told of failures, and that it fits through what they let in."""

from __future__ import annotations

import sqlite3

import pytest
from flyteidl.admin.project_pb2 import InactiveProject
from google.rpc import status_pb2  # type: ignore[import-untyped] # brings no stubs

from hatch_flyte.errors import RegistryError
from hatch_flyte.registry.server_status import (
    MAX_MESSAGE_BYTES,
    MAX_METADATA_BYTES,
    encoded_size,
    failure_status,
    fitting,
    refusal_status,
)
from hatch_flyte.registry.store_file import StoreError
from hatch_flyte.rules.refusal import RefusalError, invalid
from hatch_flyte.status_code import Code

DETAIL = InactiveProject(id="p")


def test_details_go_along_with_a_message_that_leaves_room_for_them() -> None:
    status = refusal_status(invalid("no", DETAIL))
    packed = status_pb2.Status.FromString(status.details)
    unpacked = InactiveProject()
    assert packed.details[0].Unpack(unpacked)
    assert (packed.code, packed.message, unpacked) == (Code.INVALID_ARGUMENT, "no", DETAIL)


def test_a_refusal_without_details_has_none() -> None:
    assert refusal_status(RefusalError(Code.NOT_FOUND, "no")).details == b""


def test_details_are_left_out_before_the_message_is_cut() -> None:
    message = "x" * 14_500
    status = refusal_status(invalid(message, DETAIL))
    assert (status.message, status.details) == (message, b"")


@pytest.mark.parametrize("character", ["x", "\n", "%", "ä", "🚢"])
def test_a_long_message_is_cut_to_what_arrives(character: str) -> None:
    text = fitting(character * 40_000)
    assert text == character * len(text)
    assert len(text.encode()) <= MAX_MESSAGE_BYTES
    assert encoded_size(text) <= MAX_METADATA_BYTES
    assert encoded_size(text + 200 * character) > MAX_METADATA_BYTES - 1000
    assert refusal_status(invalid(character * 40_000, DETAIL)).details == b""


def test_size_counts_what_grpc_escapes() -> None:
    assert encoded_size("a%\nä") == 1 + 3 + 3 + 6


def test_a_locked_file_may_be_tried_again_and_nothing_is_unknown() -> None:
    locked = failure_status("GetTask", StoreError("f: locked", hint="Wait.", code=Code.UNAVAILABLE))
    assert (locked.code, locked.message) == (Code.UNAVAILABLE, "f: locked\nWait.")
    assert failure_status("GetTask", RegistryError("blob")).code is Code.INTERNAL
    mistake = failure_status("GetTask", sqlite3.Warning("oops"))
    assert mistake.code is Code.INTERNAL
    assert "GetTask, which is a mistake in hatch-flyte: Warning: oops" in mistake.message
