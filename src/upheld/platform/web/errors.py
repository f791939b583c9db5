"""Errors, rendered in one place: a page for people, problem details (RFC 9457) for programs.

Missing and forbidden look the same. An error nobody expected shows a reference number and
nothing else; the number finds the line in the log.
"""

import logging
from http import HTTPStatus
from secrets import token_hex
from typing import Any, cast

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect
from litestar.types import Scope

from upheld.kit.errors import (
    FactorNeededError,
    InvalidError,
    NotFoundError,
    ProofNeededError,
    SignInNeededError,
    TooSoonError,
    UnavailableError,
    UnsureError,
    UpheldError,
)
from upheld.platform.i18n import Words, mark
from upheld.platform.web.bearer import BearerError
from upheld.platform.web.pages import render, words_for, words_of
from upheld.platform.web.place import place_of
from upheld.platform.web.problems import PROBLEM, Problem
from upheld.platform.web.visits import visit_of

log = logging.getLogger("upheld.errors")

_TITLES = {
    401: mark("Sign in first"),
    403: mark("This was refused"),
    404: mark("Nothing here"),
    405: mark("This cannot be done here"),
    408: mark("It took too long"),
    409: mark("It has changed in the meantime"),
    410: mark("This was erased"),
    413: mark("Too large"),
    421: mark("Wrong address"),
    422: mark("Some answers need another look"),
    429: mark("Too often"),
    503: mark("Not reachable at the moment"),
    507: mark("No room left"),
}


_OTHERWISE = mark("Something went wrong")


class MethodError(UpheldError):
    """This address takes nothing of the kind that was sent. Go back and use what the page offers."""

    code = "method"
    status = 405


def respond(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer a request that failed: the application's one exception handler."""
    known = _known(error)
    if isinstance(known, SignInNeededError) and not _is_api(request.scope) and request.method == "GET":
        return Redirect(request.app.route_reverse("accounts.sign_in"), status_code=303, query_params=_way_back(request))
    if isinstance(known, ProofNeededError) and not _is_api(request.scope):
        prove = request.app.route_reverse("accounts.prove")
        return Redirect(prove, status_code=303, query_params=dict(place_of(request.scope)))
    if isinstance(known, FactorNeededError) and not _is_api(request.scope):
        return Redirect(request.app.route_reverse("organisations.kept_out"), status_code=303)
    status, headers, body = _rendered(words_for(request), known, _reference(known, error), request.scope)
    plain = {key.decode(): value.decode() for key, value in headers}
    if isinstance(error, HTTPException) and error.headers and "allow" in error.headers:
        plain["allow"] = error.headers["allow"]  # which methods this address does take
    # The framework names the character set of text by itself.
    kind = plain.pop("content-type").removesuffix("; charset=utf-8")
    return Response(body, status_code=status, media_type=kind, headers=plain)


def render_error(scope: Scope, error: UpheldError) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Answer a request that never reached a route; used by the edge."""
    return _rendered(words_of(scope), error, _reference(error, error), scope)


def _reference(known: UpheldError, error: Exception) -> str | None:
    """Return the number that finds an error of ours in the log, and log it."""
    if known.status < 500:  # noqa: PLR2004 - the request's own fault
        return None
    reference = token_hex(4)
    # The exception's words may quote what people typed: only its kind and place are logged.
    kinds = " from ".join(type(one).__name__ for one in (error, error.__cause__) if one is not None)
    log.error("reference %s: %s at %s", reference, kinds, _place(error))
    return reference


def _rendered(
    words: Words, error: UpheldError, reference: str | None, scope: Scope
) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    waits = isinstance(error, (TooSoonError, UnavailableError))
    extra = [(b"retry-after", str(error.wait_seconds).encode())] if waits else []
    if isinstance(error, BearerError):
        extra.append((b"www-authenticate", error.challenge.encode()))
    title = words(_TITLES.get(error.status, _OTHERWISE))
    if _is_api(scope):
        problem = Problem(
            type=f"urn:upheld:problem:{error.code}",
            title=title,
            status=error.status,
            detail=words(error.message),
            fields=_fields(words, error),
            instance=f"urn:upheld:reference:{reference}" if reference else None,
        )
        return error.status, [(b"content-type", PROBLEM.encode()), *extra], msgspec.json.encode(problem)
    failed = isinstance(error, UnavailableError) and not isinstance(error, UnsureError)
    # A browser that loads the page again sends again what it sent, files included.
    is_sent = cast("dict[str, str]", scope).get("method") == "POST"
    again = is_sent and (failed or isinstance(error, TooSoonError))
    context = {
        "title": title,
        "error": error,
        "reference": reference,
        "again": again,
        "may_repeat": failed and not is_sent,
    }
    html = render(words, "error.html", **context, **_frame(scope, failed=failed))
    return error.status, [(b"content-type", b"text/html; charset=utf-8"), *extra], html.encode()


def _fields(words: Words, error: UpheldError) -> dict[str, str] | None:
    return {name: words(text) for name, text in error.fields.items()} if isinstance(error, InvalidError) else None


def _frame(scope: Scope, *, failed: bool) -> dict[str, object]:
    """Return what the page around the message needs. Who asks is unknown where there was no visit or no database."""
    visit = visit_of(scope)
    return {
        "is_known": visit is not None and not (failed and visit.who is None),
        "who": visit.who if visit else None,
        "demo": visit is not None and visit.platform.settings.demo,
        "path": cast("dict[str, str]", scope).get("path", ""),
        # Refusals are alike to the byte, whatever was asked for: none says where it stands.
        "route_here": {},
    }


def _known(error: Exception) -> UpheldError:
    if isinstance(error, UpheldError):
        return error
    if isinstance(error, HTTPException):
        if error.status_code == HTTPStatus.NOT_FOUND:
            return NotFoundError()
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            return MethodError()
        if error.status_code < 500:  # noqa: PLR2004 - the request's own fault
            return InvalidError({}, mark("The request could not be read. Check the address and try again."))
    return UpheldError(mark("Something went wrong on our side. Nothing was changed."))


def _place(error: Exception) -> str:
    trace = error.__traceback__
    places: list[str] = []
    while trace is not None:
        places.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places[-4:])


def _is_api(scope: Scope) -> bool:
    return cast("dict[str, str]", scope).get("path", "").startswith("/api/")


def _way_back(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Name the route to return to after signing in, with its id when it has exactly one."""
    handler = cast("dict[str, Any]", request.scope).get("route_handler")
    name, parts = getattr(handler, "name", None), list(request.path_params.values())
    if not name or len(parts) > 1:
        return {}
    return {"to": name, **({"id": str(parts[0])} if parts else {})}
