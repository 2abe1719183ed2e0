"""Methods that are there only where a token is wanted: how a client is to show it, and whose it is.

What they say is flyteadmin's own (flyteadmin/auth/authzserver/metadata_provider.go), so that clients do what they do
with a cluster. There is no login here: a client that has no token is led to addresses at which it is told so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flyteidl.service import auth_pb2, identity_pb2

from hatch_flyte.registry.methods.method import Method
from hatch_flyte.wire.messages import message_class

if TYPE_CHECKING:
    from hatch_flyte.registry.methods.method import Answers

METADATA_SERVICE: Final = "flyteidl.service.AuthMetadataService"
_IDENTITY_SERVICE: Final = "flyteidl.service.IdentityService"


def auth_services() -> dict[str, Any]:
    """Return the descriptors of the services by their full names."""
    found = [*auth_pb2.DESCRIPTOR.services_by_name.values(), *identity_pb2.DESCRIPTOR.services_by_name.values()]
    return {service.full_name: service for service in found}


def auth_methods(address: str) -> dict[str, Method]:
    """Return the methods by their paths; `address` is that of the HTTP listener."""
    config = auth_pb2.PublicClientAuthConfigResponse(
        client_id="flytectl",
        redirect_uri="http://localhost:53593/callback",
        scopes=["all", "offline"],
        authorization_metadata_key="flyte-authorization",
    )
    metadata = auth_pb2.OAuth2MetadataResponse(
        issuer=address,
        authorization_endpoint=f"{address}/oauth2/authorize",
        token_endpoint=f"{address}/oauth2/token",
        jwks_uri=f"{address}/oauth2/jwks",
        code_challenge_methods_supported=["S256"],
        response_types_supported=["code", "token", "code token"],
        grant_types_supported=["client_credentials", "refresh_token", "authorization_code"],
        scopes_supported=["all"],
        token_endpoint_auth_methods_supported=["client_secret_basic"],
    )
    user = identity_pb2.UserInfoResponse(subject="local", name="local registry", preferred_username="local")
    return {
        **_of_service(
            METADATA_SERVICE,
            {"GetPublicClientConfig": lambda _request: config, "GetOAuth2Metadata": lambda _request: metadata},
        ),
        **_of_service(_IDENTITY_SERVICE, {"UserInfo": lambda _request: user}),
    }


def _of_service(service: str, answers: Answers) -> dict[str, Method]:
    known = auth_services()[service].methods_by_name
    return {
        f"{service}/{name}": Method(
            message_class(known[name].input_type), message_class(known[name].output_type), answer
        )
        for name, answer in answers.items()
    }
