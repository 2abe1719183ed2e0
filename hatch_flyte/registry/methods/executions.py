"""Methods about executions, of which there are none, and about files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from hatch_flyte.registry.methods.method import given
from hatch_flyte.rules.downloads import download_link, missing_data

if TYPE_CHECKING:
    from hatch_flyte.registry.execution_office import ExecutionOffice
    from hatch_flyte.registry.methods.method import Answers
    from hatch_flyte.registry.upload_locations import UploadLocations


def execution_answers(office: ExecutionOffice) -> Answers:
    """Return what is answered about executions."""

    def checked(request: Any) -> NoReturn:
        office.checked(given(request, "id"))

    def unchecked(request: Any) -> NoReturn:
        office.unchecked(given(request, "id"))

    def node(request: Any) -> NoReturn:
        office.node(given(request, "id"))

    def task(request: Any) -> NoReturn:
        office.task(given(request, "id"))

    return {
        "CreateExecution": office.create,
        **dict.fromkeys(("GetExecution", "UpdateExecution", "TerminateExecution", "GetExecutionMetrics"), checked),
        **dict.fromkeys(("RelaunchExecution", "RecoverExecution", "GetExecutionData"), unchecked),
        **dict.fromkeys(("GetNodeExecution", "GetNodeExecutionData", "GetDynamicNodeWorkflow"), node),
        **dict.fromkeys(("GetTaskExecution", "GetTaskExecutionData"), task),
        "ListExecutions": office.page,
        "ListNodeExecutions": office.node_page,
        "ListNodeExecutionsForTask": office.node_page_of_task,
        "ListTaskExecutions": office.task_page,
    }


def signal_answers(office: ExecutionOffice) -> Answers:
    """Return what is answered about signals."""
    return {"ListSignals": office.signal_page}


def data_answers(locations: UploadLocations) -> Answers:
    """Return what is answered about files, and about what executions made."""

    def link(request: Any) -> NoReturn:
        raise download_link(request)

    def data(request: Any) -> NoReturn:
        raise missing_data(request.flyte_url)

    return {
        "CreateUploadLocation": locations.create,
        "CreateDownloadLocation": locations.create_download,
        "CreateDownloadLink": link,
        "GetData": data,
    }
