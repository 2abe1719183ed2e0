"""Rules about uploads' and downloads' addresses: for how long they hold, and what there is to download.

Source: flyteadmin/dataproxy/service.go, flyteadmin/pkg/common/flyte_url.go.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flyteidl.core.identifier_pb2 import (
    NodeExecutionIdentifier,
    TaskExecutionIdentifier,
    WorkflowExecutionIdentifier,
)
from flyteidl.service.dataproxy_pb2 import ARTIFACT_TYPE_UNDEFINED, ArtifactType

from hatch_flyte.rules import catalogue
from hatch_flyte.rules.executions import missing_node
from hatch_flyte.rules.go_time import SECOND, duration_text, is_valid, nanoseconds
from hatch_flyte.rules.prototext import enum_name, message_text
from hatch_flyte.rules.refusal import RefusalError, invalid

if TYPE_CHECKING:
    from flyteidl.service.dataproxy_pb2 import CreateDownloadLinkRequest
    from google.protobuf.duration_pb2 import Duration

MAX_SECONDS: Final = 3600
"""How long an address holds at most, and unless asked for less."""

_FLYTE: Final = "flyte://"
_MOST_DIGITS: Final = 18
_WORD: Final = "[a-zA-Z0-9_-]+"
_RUN: Final = rf"flyte://v1/({_WORD})/({_WORD})/({_WORD})/({_WORD})(?:/([0-9]+))?"
_WHOLE: Final = re.compile(rf"{_RUN}/[iod]\Z")
_PART: Final = re.compile(rf"{_RUN}/[io]/{_WORD}\Z")


def upload_seconds(asked: Duration | None) -> int:
    """Return for how many whole seconds an upload's address shall hold."""
    if asked is None:
        return MAX_SECONDS
    if not is_valid(asked):
        raise invalid(f"expiresIn [{message_text(asked)}] is invalid", rule=catalogue.UPLOAD)
    duration = nanoseconds(asked)
    if duration > MAX_SECONDS * SECOND:
        limit = duration_text(MAX_SECONDS * SECOND)
        text = f"expiresIn [{duration_text(duration)}] cannot exceed max allowed expiration [{limit}]"
        raise invalid(text, rule=catalogue.UPLOAD)
    return _positive(duration)


def download_seconds(asked: Duration | None, problem: str) -> int:
    """Return for how many whole seconds a download's address shall hold; `problem` begins what is said otherwise."""
    if asked is None:
        return MAX_SECONDS
    said = ""
    if not is_valid(asked):
        said = f"input duration [{message_text(asked)}] is invalid"
    elif (duration := nanoseconds(asked)) < 0:
        said = f"input duration [{duration_text(duration)}] should not less than 0"
    elif duration > MAX_SECONDS * SECOND:
        limit = duration_text(MAX_SECONDS * SECOND)
        said = f"input duration [{duration_text(duration)}] cannot exceed max allowed expiration [{limit}]"
    if said:
        raise invalid(f"{problem} expiresIn is invalid. Error: {said}", rule=catalogue.DOWNLOAD)
    return _positive(nanoseconds(asked))


def download_link(request: CreateDownloadLinkRequest) -> RefusalError:
    """Return the refusal of a link to what an execution made: no execution is there."""
    problem = "error while validating request. Error:"
    download_seconds(request.expires_in if request.HasField("expires_in") else None, problem)
    if request.artifact_type == ARTIFACT_TYPE_UNDEFINED:
        kind = enum_name(ArtifactType.DESCRIPTOR, request.artifact_type)
        return invalid(f"{problem} invalid artifact type [{kind}]", rule=catalogue.DOWNLOAD)
    if request.WhichOneof("source") is None:
        return invalid(f"{problem} source is required. Provided nil", rule=catalogue.DOWNLOAD)
    node = request.node_execution_id
    text = f"failed to find node execution [{message_text(node)}]. Error: {missing_node(node).message}"
    return invalid(text, rule=catalogue.DOWNLOAD)


def missing_data(url: str) -> RefusalError:
    """Return the refusal of what a `flyte://` address names: no execution is there."""
    problem = "failed to validate resolve artifact request. Error:"
    if not url:
        return invalid(f"{problem} source is required. Provided empty string", rule=catalogue.DOWNLOAD)
    if not url.startswith(_FLYTE):
        text = f"{problem} request does not start with the correct prefix"
        return invalid(text, rule=catalogue.DOWNLOAD)
    match = _WHOLE.search(url) or _PART.search(url)
    if match is None:
        return invalid(f"failed to parse artifact url Error: failed to parse [{url}]", rule=catalogue.DOWNLOAD)
    project, domain, name, node, attempt = match.groups()
    if attempt and len(attempt) > _MOST_DIGITS:
        said = f'failed to parse attempt [{attempt}], strconv.Atoi: parsing "{attempt}": value out of range'
        return invalid(f"failed to parse artifact url Error: {said}", rule=catalogue.DOWNLOAD)
    execution = WorkflowExecutionIdentifier(project=project, domain=domain, name=name)
    identifier = NodeExecutionIdentifier(node_id=node, execution_id=execution)
    if attempt is None:
        return missing_node(identifier)
    task = TaskExecutionIdentifier(node_execution_id=identifier, retry_attempt=int(attempt) & 0xFFFFFFFF)
    text = f"no task executions were listed [{message_text(task)}]. Error: <nil>"
    return invalid(text, rule=catalogue.DOWNLOAD)


def _positive(duration: int) -> int:
    """Return whole seconds, a part counted as one; nothing is refused, where the control plane fails to sign."""
    if duration <= 0:
        raise invalid(f"expiresIn [{duration_text(duration)}] must be more than zero", rule=catalogue.DOWNLOAD)
    return -(-duration // SECOND)
