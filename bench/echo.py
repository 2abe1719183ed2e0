"""A gRPC server whose methods do nothing: what every server in Python pays. Prints its port, and runs until killed."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import grpc.aio


class _Echo(grpc.GenericRpcHandler):  # type: ignore[type-arg] # it takes arguments in its stubs alone
    def service(self, _details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any]:
        async def answer(_request: bytes, _context: Any) -> bytes:
            return b""

        return grpc.unary_unary_rpc_method_handler(answer)


async def _main() -> None:
    server = grpc.aio.server(handlers=(_Echo(),))
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_main())
