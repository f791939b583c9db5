"""The front page, the published notice, the data map, and the promises with their evidence."""

from importlib import resources
from typing import Any

import msgspec
import rfc8785
from litestar import Request, Response, get
from litestar.params import FromPath

from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force
from upheld.features.trust.declared import WORDS, data_map
from upheld.features.trust.disclosure import POLICY, WELL_KNOWN, contact_uri, security_txt
from upheld.features.trust.errors import NoRunError
from upheld.features.trust.evidence import BEST_FIRST, FAMILIES, evidence, one_promise
from upheld.features.trust.landing import EXAMPLE, facts, standing
from upheld.features.trust.runs import last_run
from upheld.platform.materials import bill
from upheld.platform.web.downloads import download
from upheld.platform.web.pages import page, words_for
from upheld.platform.web.visits import Visit

AnyRequest = Request[Any, Any, Any]


@get("/", name="front", opt={"public": True})
async def front_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Say what Upheld is, and what of it holds."""
    found = await standing(visit.tx, visit.platform)
    return page(request, "trust/front.html", facts=facts(), standing=found, example=EXAMPLE)


@get("/about/privacy", name="trust.notice", opt={"public": True})
async def notice_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the notice in force."""
    notice = await notice_in_force(visit.tx, Kind.ACCOUNT, words_for(request).language)
    return page(request, "trust/notice.html", notice=notice)


@get("/about/data-map", name="trust.data_map", opt={"public": True})
async def data_map_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show everything that is held, as the database declares it."""
    return page(request, "trust/data_map.html", tables=await data_map(visit.tx, visit.platform), kept=WORDS)


@get("/about/data-map.json", name="trust.data_map.file", opt={"public": True})
async def data_map_file(visit: Visit) -> Response[bytes]:
    """Serve the same for programs."""
    return Response(msgspec.json.encode(await data_map(visit.tx, visit.platform)), media_type="application/json")


@get("/about/sbom.json", name="trust.bill", opt={"public": True, "no_transaction": True}, sync_to_thread=False)
def bill_file() -> Response[bytes]:
    """Serve the bill of materials (CycloneDX)."""
    return Response(msgspec.json.encode(bill()), media_type="application/vnd.cyclonedx+json")


@get("/trust", name="trust.promises", opt={"public": True})
async def promises_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show every promise, or those of one state: what became of it, and how that is known."""
    shown = await evidence(visit.tx, visit.platform)
    asked = request.query_params.get("state", "")
    return page(
        request,
        "trust/promises.html",
        shown=shown,
        chosen=asked if asked in BEST_FIRST else "",
        states=BEST_FIRST,
        families=FAMILIES,
        address=visit.platform.settings.address,
    )


@get("/trust.json", name="trust.promises.file", opt={"public": True})
async def promises_file(visit: Visit) -> Response[bytes]:
    """Serve the last run as it was signed, in canonical form."""
    report = await last_run(visit.tx, visit.platform)
    if report is None:
        raise NoRunError
    return Response(rfc8785.dumps(msgspec.to_builtins(report)), media_type="application/json")


@get("/trust/{promise_id:str}", name="trust.promise", opt={"public": True})
async def promise_page(request: AnyRequest, visit: Visit, promise_id: FromPath[str]) -> Response[str]:
    """Show one promise: its checks, what they found, and what became of it run by run."""
    shown = await one_promise(visit.tx, visit.platform, promise_id)
    return page(request, "trust/promise.html", shown=shown)


@get("/trust/verify.py", name="trust.verifier", opt={"public": True}, sync_to_thread=False)
def verifier() -> Response[bytes]:
    """Serve the one file with which anybody verifies what was signed here, offline."""
    content = resources.files("upheld.features.trust").joinpath("offline.py").read_bytes()
    return download(content, "text/x-python; charset=utf-8", "verify.py")


@get(WELL_KNOWN, name="trust.security_txt", opt={"public": True}, media_type="text/plain")
async def security_txt_file(visit: Visit) -> str:
    """Say whom to tell about a weakness (RFC 9116)."""
    return security_txt(visit.platform.settings, visit.platform.clock.now())


@get(POLICY, name="trust.disclosure", opt={"public": True})
async def disclosure_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Say how to report a weakness, what happens then, and that nobody has to fear for it."""
    settings = visit.platform.settings
    return page(request, "trust/disclosure.html", contact=contact_uri(settings), controller=settings.controller)


handlers = [
    front_page,
    notice_page,
    data_map_page,
    data_map_file,
    bill_file,
    promises_page,
    promises_file,
    promise_page,
    verifier,
    security_txt_file,
    disclosure_page,
]
