"""Plays recorded conversations with the real control plane against a server, and tells where it answers otherwise.

`recorded/*.jsonl` holds a scenario a line: `{"scenario", "steps": [{"rpc", "request", "code", "message", "response",
"details", …}]}`, messages as proto3 JSON with proto field names. Each scenario runs in a project of its own, which
stands for `$PROJECT`; other placeholders stand for any text of their kind. "HTTP/PUT" puts a body where the last
answer with a `signed_url` said. `recorded/allowed.txt` names the scenarios that may go otherwise, and why.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import uuid
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import grpc
import grpc.aio
from flyteidl.admin import project_pb2
from google.protobuf import json_format, message_factory
from google.rpc import status_pb2  # type: ignore[import-untyped] # brings no stubs
from registry.local_server import SERVICES, Caller, answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = Any

FOLDER = Path(__file__).parent / "recorded"
PLACEHOLDERS = {
    "$TIMESTAMP": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z",
    "$STORAGE": r"[a-z][a-z0-9+.-]*://[^?#]*?",
    "$SIGNED_BASE": r"https?://[^?#]*?",
    "$QUERY": r"(?:\?[^#]*)?",
    "$RANDOM": r"[A-Za-z0-9]{20}",
    "$STRING": r"(?s:.*)",
}


def scenarios(name: str) -> list[Json]:
    return [json.loads(line) for line in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def allowances() -> dict[str, str]:
    """Return the reasons for scenarios that may go otherwise, by name."""
    lines = (FOLDER / "allowed.txt").read_text(encoding="utf-8").splitlines()
    return dict(line.split(None, 1) for line in lines if not line.startswith("#"))


async def play(call: Caller, scenario: Json) -> list[str]:
    """Return a line for each step of a scenario that went otherwise."""
    project = f"h{uuid.uuid4().hex[:12]}"
    player = _Player(call, project)
    if scenario.get("register_project", True):
        await player.register()
    found = []
    for number, step in enumerate(scenario["steps"], 1):
        differences = list(_differences(step, await player.ask(step)))
        found += [f"{scenario['scenario']}, step {number} {step['rpc']}: {line}" for line in differences]
    return found


class _Player:
    def __init__(self, call: Caller, project: str) -> None:
        self._call = call
        self._project = project
        self._upload: Json = {}

    async def register(self) -> None:
        project = project_pb2.Project(id=self._project, name=self._project)
        await self._call("RegisterProject", project_pb2.ProjectRegisterRequest(project=project))

    async def ask(self, step: Json) -> Json:
        """Return code, message, response and details of the answer to a step."""
        request = _replaced(step["request"], "$PROJECT", self._project)
        reply = await (self._put(request) if step["rpc"] == "HTTP/PUT" else self._ask(step["rpc"], request))
        return _replaced(reply, self._project, "$PROJECT")

    async def _ask(self, rpc: str, request: Json) -> Json:
        service, _, name = rpc.partition("/")
        known = SERVICES.get(service)
        path = f"/{service if '.' in service else f'flyteidl.service.{service}'}/{name}"
        sent = b""
        received: Callable[[bytes], Any] = _as_it_is
        if known is not None:
            method = known.methods_by_name[name]
            message = message_factory.GetMessageClass(method.input_type)()
            sent, received = json_format.ParseDict(request, message).SerializeToString(), answer(method.output_type)
        try:
            response = _json(await self._call.raw(path, sent, received))
        except grpc.aio.AioRpcError as error:
            return {"code": error.code().name, "message": error.details() or "", "details": _details(error)}
        self._upload = response if "signed_url" in response else self._upload
        return {"code": "OK", "message": "", "response": response, "details": []}

    async def _put(self, request: Json) -> Json:
        headers = {**self._upload["headers"], **request.get("headers", {})}
        status = await asyncio.to_thread(put, self._upload["signed_url"], request["body"].encode(), headers)
        return {"code": "OK" if status // 100 == 2 else f"HTTP_{status}", "message": "", "response": {}, "details": []}


def put(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Return the status of a PUT; headers without a value are left out, the length is the body's."""
    parts = urlsplit(url)
    sent = {name: value for name, value in headers.items() if value} | {"Content-Length": str(len(body))}
    with closing(http.client.HTTPConnection(parts.netloc, timeout=30)) as connection:
        connection.request("PUT", f"{parts.path}?{parts.query}", body, sent)
        return connection.getresponse().status


def _as_it_is(data: bytes) -> Any:
    return data


def _json(message: Any) -> Json:
    return json_format.MessageToDict(message, preserving_proto_field_name=True)


def _details(error: grpc.aio.AioRpcError) -> list[Json]:
    trailing: dict[str, Any] = dict(list(error.trailing_metadata() or ()))  # type: ignore[arg-type] # pairs, say its stubs not
    raw = trailing.get("grpc-status-details-bin")
    return [_json(detail) for detail in status_pb2.Status.FromString(raw).details] if raw else []


def _replaced(value: Json, old: str, new: str) -> Json:
    if isinstance(value, str):
        return value.replace(old, new)
    if isinstance(value, list):
        return [_replaced(item, old, new) for item in value]
    if isinstance(value, dict):
        return {_replaced(key, old, new): _replaced(item, old, new) for key, item in value.items()}
    return value


def _differences(step: Json, reply: Json) -> Iterator[str]:
    if step.get("message_origin") == "postgres" and (step["code"], reply["code"]) == ("UNKNOWN", "INVALID_ARGUMENT"):
        return  # the database's own words need not be repeated
    if step["code"] != reply["code"]:
        yield f"expected {step['code']} {step.get('message', '')!r}, got {reply['code']} {reply['message']!r}"
        return
    if not _message_matches(step, reply["message"]):
        yield f"expected {step.get('message', '')!r}, got {reply['message']!r}"
    if step.get("message_match") != "code-only" and not _alike_sets(step.get("details", []), reply["details"]):
        yield f"expected details {step.get('details', [])}, got {reply['details']}"
    if step["code"] == "OK" and not _answered(step, reply["response"]):
        yield f"expected {step.get('response')}, got {reply['response']}"


def _message_matches(step: Json, got: str) -> bool:
    expected, got = (re.sub(" +", " ", text) for text in (step.get("message", ""), got))
    if step.get("message_match") == "contains":
        return _pattern(expected).search(got) is not None
    return step.get("message_match") == "code-only" or _text_matches(expected, got)


def _answered(step: Json, got: Json) -> bool:
    if "response" not in step or step.get("response_match") == "ignore":
        return True
    expected, got = dict(step["response"]), dict(got)
    if step.get("response_match") == "contains":
        return _contains(expected, got)
    sets = [(expected.pop(name, []), got.pop(name, [])) for name in step.get("unordered", ())]
    return all(_alike_sets(*pair) for pair in sets) and _alike(expected, got)


def _alike(expected: Json, got: Json) -> bool:
    if isinstance(expected, dict) and isinstance(got, dict):
        return expected.keys() == got.keys() and all(_alike(expected[key], got[key]) for key in expected)
    if isinstance(expected, list) and isinstance(got, list):
        return len(expected) == len(got) and all(map(_alike, expected, got))
    if isinstance(expected, str) and isinstance(got, str):
        return _text_matches(expected, got)
    return bool(expected == got)


def _contains(expected: Json, got: Json) -> bool:
    if isinstance(expected, dict) and isinstance(got, dict):
        return all(key in got and _contains(expected[key], got[key]) for key in expected)
    if isinstance(expected, list) and isinstance(got, list):
        return all(any(_contains(item, other) for other in got) for item in expected)
    return _alike(expected, got)


def _alike_sets(expected: list[Json], got: list[Json]) -> bool:
    left = list(got)
    for item in expected:
        match = next((other for other in left if _alike(item, other)), None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _text_matches(expected: str, got: str) -> bool:
    if expected.startswith("$SIGNED_BASE"):
        got = unquote(got)
    return expected == got or ("$" in expected and _pattern(expected).fullmatch(got) is not None)


@cache
def _pattern(expected: str) -> re.Pattern[str]:
    names = "|".join(re.escape(name) for name in PLACEHOLDERS)
    parts = re.split(f"({names})", expected)
    return re.compile("".join(PLACEHOLDERS.get(part) or re.escape(part) for part in parts))
