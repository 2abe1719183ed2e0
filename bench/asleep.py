"""A control plane that sleeps instead of computing: each call takes as long as flyteadmin's, any number at once.

Knows one project, holds nothing and takes everything. Prints its port, and runs until killed.
"""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio
from flyteidl.admin.project_pb2 import Domain, Project, Projects

SECONDS = 0.08
"""flyteadmin 1.16.8 on two cores took 5.3 s for 1,000 creates with sixteen in flight."""
_PROJECTS = Projects(projects=[Project(id="flytesnacks", domains=[Domain(id="development", name="development")])])


class _Asleep(grpc.GenericRpcHandler):  # type: ignore[type-arg] # it takes arguments in its stubs alone
    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        said = _PROJECTS.SerializeToString() if details.method.endswith("ListProjects") else b""

        async def answer(_request: bytes, _context: Any) -> bytes:
            await asyncio.sleep(SECONDS)
            return said

        return grpc.unary_unary_rpc_method_handler(answer)


async def _main() -> None:
    server = grpc.aio.server(handlers=(_Asleep(),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_main())
