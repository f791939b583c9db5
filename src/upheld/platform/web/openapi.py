"""The description of what programs can ask (OpenAPI 3.1), made from the routes under `/api/` themselves."""

from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec
from litestar import Litestar, Response, get
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme

_ABOUT = (
    "What a deployment of Upheld gives to programs. Its open jobs are for everyone. What is personal is read with an "
    "access token, which somebody makes on the page `/tokens`, for the scope that an operation names; it changes "
    "nothing. Failures are problem details (RFC 9457), `application/problem+json`."
)
_TOKEN = SecurityScheme(type="http", scheme="bearer", description="A personal access token, `upheld_pat_…`.")


def described(routes: Sequence[object]) -> HTTPRouteHandler:
    """Return the route that gives the description of those of these routes that are for programs."""
    ours = [route for route in routes if isinstance(route, HTTPRouteHandler) and _is_api(route)]

    @cache
    def document() -> bytes:
        return msgspec.json.encode(_document(ours))

    @get(
        "/api/openapi.json",
        name="api.description",
        sync_to_thread=False,
        opt={"public": True, "no_transaction": True},
    )
    def description() -> Response[bytes]:
        """Return what programs can ask here, as OpenAPI 3.1."""
        return Response(document(), media_type="application/json")

    return description


def _is_api(route: HTTPRouteHandler) -> bool:
    return all(path.startswith("/api/") for path in route.paths)


def _document(routes: list[HTTPRouteHandler]) -> dict[str, Any]:
    # An application of its own, which never serves: the framework describes only what it has mounted.
    config = OpenAPIConfig(
        "Upheld",
        version("upheld"),
        description=_ABOUT,
        use_handler_docstrings=True,
        components=Components(security_schemes={"token": _TOKEN}),
    )
    provided = {"visit": Provide(lambda: None, sync_to_thread=False)}
    said = Litestar(routes, openapi_config=config, dependencies=provided).openapi_schema.to_schema()
    needed = {route.operation_id: route.opt["scope"] for route in routes if "scope" in route.opt}
    for path in said["paths"].values():
        for operation in path.values():
            if operation["operationId"] in needed:
                scope = needed[operation["operationId"]]
                operation["security"] = [{"token": [scope] if scope else []}]
            # The framework says that it answers 400; whatever it refuses, we answer with 422.
            operation["responses"].pop("400", None)
            for parameter in operation.get("parameters", []):
                # It writes examples twice, and once with a field that the standard does not know.
                parameter.pop("examples", None)
    return said
