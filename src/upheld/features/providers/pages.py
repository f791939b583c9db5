"""Pages for signing in through another site, for registering with it, and for one's own ways in."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Redirect

from upheld.features.accounts.actions import freshen, open_session
from upheld.features.accounts.errors import LinkSpentError
from upheld.features.accounts.model import Registration, Strength
from upheld.features.accounts.returning import WayBack
from upheld.features.consents.model import Kind
from upheld.features.consents.queries import notice_in_force, one_notice
from upheld.features.providers.actions import arrive, confirm, leave, link, register_newcomer, unlink
from upheld.features.providers.actions.entering import Back
from upheld.features.providers.actions.linking import InSession
from upheld.features.providers.carried import (
    HALF_AN_HOUR,
    LEAVING,
    LINKING,
    NEWCOMER,
    TEN_MINUTES,
    WAITING,
    carried,
    carry,
    dropped,
)
from upheld.features.providers.errors import (
    AnotherPersonError,
    LastWayInError,
    NotExpectedError,
    OtherBrowserError,
)
from upheld.features.providers.model import Entered, Leaving, Linking, Newcomer, Proven, Purpose, Waiting
from upheld.features.providers.queries import own_providers
from upheld.kit.errors import InvalidError, NotFoundError, SignInNeededError, TooSoonError, UpheldError
from upheld.platform.openid.configuration import configured
from upheld.platform.openid.presets import MEANING, PRESETS
from upheld.platform.openid.speaking import clients_of
from upheld.platform.web.entrance import lead_back, let_in
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, redirect, words_for
from upheld.platform.web.place import named_in
from upheld.platform.web.visits import Visit

OPEN = {"public": True}
AT_THE_GATE = {"public": True, "no_transaction": True, "shows_who": True}
ON_THE_WAY = {"no_transaction": True}
"""Signed in, and about to ask another site something: no connection to the database waits for that."""

FRESH = {"fresh": True}

AnyRequest = Request[Any, Any, Any]


@get("/sign-in/with/{provider:str}", name="providers.enter", opt=AT_THE_GATE)
async def enter_page(request: AnyRequest, visit: Visit, provider: FromPath[str]) -> Response[Any]:
    """Go to another site to sign in there."""
    way = WayBack.of(request.query_params)
    client = clients_of(visit.platform.settings)[provider]
    if not _pressed_here(request):
        return redirect(request, "accounts.sign_in", cookies=(), **_query(way))
    try:
        left = await leave(visit.platform, client, Purpose.ENTER, way.named, visit.address)
    except UpheldError as error:
        return _problem(request, error, client.provider.label, way)
    return _away(visit, left.address, left.leaving)


@get("/sign-in/with/{provider:str}/back", name="providers.back", opt=AT_THE_GATE)
async def back_page(request: AnyRequest, visit: Visit, provider: FromPath[str]) -> Response[Any]:
    """Come back from another site: sign in, go on to register, or go on where it was asked for."""
    client = clients_of(visit.platform.settings)[provider]
    leaving = carried(visit.platform, LEAVING, request.cookies.get(LEAVING), Leaving)
    way = WayBack.of(leaving.to if leaving else {})
    try:
        arrival = await arrive(visit.platform, client, leaving, Back.of(request.query_params), visit.origin)
        if isinstance(arrival, Proven):
            return await _go_on(request, visit, arrival, leaving)
    except UpheldError as error:
        return _problem(request, error, client.provider.label, way)
    if isinstance(arrival, Entered):
        return await _enter(request, visit, arrival, way, dropped(LEAVING))
    name, route = (NEWCOMER, "providers.register") if isinstance(arrival, Newcomer) else (LINKING, "providers.add")
    cookies = (dropped(LEAVING), carry(visit.platform, name, arrival, HALF_AN_HOUR))
    return redirect(request, route, cookies=cookies)


@get("/register/with", name="providers.register", opt=AT_THE_GATE)
async def register_page(request: AnyRequest, visit: Visit) -> Response[Any]:
    """Show the notice and the form to somebody who came with a proof; nothing is stored about them yet."""
    newcomer = carried(visit.platform, NEWCOMER, request.cookies.get(NEWCOMER), Newcomer)
    if newcomer is None:
        return redirect(request, "accounts.register")
    return await _register_page(request, visit, newcomer, Form({"email": newcomer.proof.email}), None)


@post("/register/with", name="providers.register.do", opt=AT_THE_GATE, status_code=200)
async def register_do(request: AnyRequest, visit: Visit) -> Response[Any]:
    """Register, and say to look into the mailbox; or go in, where the address is proven already."""
    newcomer = carried(visit.platform, NEWCOMER, request.cookies.get(NEWCOMER), Newcomer)
    if newcomer is None:
        return redirect(request, "accounts.register")
    form, way = await Form.read(request), WayBack.of(newcomer.to)
    try:
        asked = await _asked(request, visit, form, way)
        outcome = await register_newcomer(visit.platform, newcomer, asked, visit.address, visit.origin)
    except (InvalidError, TooSoonError) as error:
        return await _register_page(request, visit, newcomer, form, error)
    if isinstance(outcome, Entered):
        return await _enter(request, visit, outcome, way, dropped(NEWCOMER))
    waits = carry(visit.platform, WAITING, outcome, visit.platform.settings.link_lifetime)
    return redirect(request, "accounts.look", cookies=(dropped(NEWCOMER), waits), **_query(way))


@get("/register/with/confirm/{token:str}", name="providers.confirm", opt=OPEN)
async def confirm_page(request: AnyRequest, visit: Visit, token: FromPath[str]) -> Response[str]:
    """Ask for one press: opening a link changes nothing, because mail scanners open links."""
    waiting = carried(visit.platform, WAITING, request.cookies.get(WAITING), Waiting)
    error = OtherBrowserError() if waiting is None else None
    return _confirm_page(request, token, error)


@post("/register/with/confirm/{token:str}", name="providers.confirm.do", opt=AT_THE_GATE, status_code=200)
async def confirm_do(request: AnyRequest, visit: Visit, token: FromPath[str]) -> Response[Any]:
    """Use the link up in the browser that began, and go in."""
    waiting = carried(visit.platform, WAITING, request.cookies.get(WAITING), Waiting)
    way = WayBack.of((await Form.read(request)).values)
    try:
        entered = await confirm(visit.platform, waiting, token, visit.origin)
    except (LinkSpentError, OtherBrowserError) as error:
        return _confirm_page(request, token, error)
    return await _enter(request, visit, entered, way, dropped(WAITING))


@get("/account/providers", name="providers.mine")
async def mine_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the other sites one's account is opened with, and those that could be added."""
    return await _mine_page(request, visit, None)


@get("/account/providers/prove", name="providers.prove")
async def prove_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show the other sites where somebody without a password can prove anew who they are."""
    mine = {each.issuer for each in await own_providers(visit.acting())}
    offered = configured(visit.platform.settings).values()
    fresh = [provider for provider in offered if provider.issuer in mine and provider.proves_freshly]
    place = urlencode(named_in(request.query_params))
    return page(request, "providers/prove.html", fresh=fresh, place=f"?{place}" if place else "")


@get("/account/providers/{provider:str}/prove", name="providers.prove_with", opt=ON_THE_WAY)
async def prove_with_page(request: AnyRequest, visit: Visit, provider: FromPath[str]) -> Response[Any]:
    """Go to another site, to prove there anew who one is."""
    return await _leave_signed_in(request, visit, provider, Purpose.PROVE)


@get("/account/providers/{provider:str}/link", name="providers.link", opt={**ON_THE_WAY, **FRESH})
async def link_page(request: AnyRequest, visit: Visit, provider: FromPath[str]) -> Response[Any]:
    """Go to another site, to come back with what is to be linked."""
    return await _leave_signed_in(request, visit, provider, Purpose.LINK)


@get("/account/providers/add", name="providers.add", opt=FRESH)
async def add_page(request: AnyRequest, visit: Visit) -> Response[Any]:
    """Ask whether the account that came back is to open this one."""
    linking = carried(visit.platform, LINKING, request.cookies.get(LINKING), Linking)
    if linking is None:
        return redirect(request, "providers.mine")
    return page(request, "providers/add.html", proof=linking.proof, label=_label(visit, linking.proof.provider))


@post("/account/providers/add", name="providers.add.do", opt=FRESH, status_code=200)
async def add_do(request: AnyRequest, visit: Visit) -> Response[Any]:
    """Link it."""
    linking = carried(visit.platform, LINKING, request.cookies.get(LINKING), Linking)
    if linking is None:
        return await _mine_page(request, visit, NotExpectedError())
    try:
        await link(visit.platform, linking, _in_session(visit), _label(visit, linking.proof.provider))
    except UpheldError as error:
        return await _mine_page(request, visit, error)
    return redirect(request, "providers.mine", cookies=(dropped(LINKING),), q_done="added")


@post("/account/providers/{identity:uuid}/remove", name="providers.remove", opt=FRESH, status_code=200)
async def remove_do(request: AnyRequest, visit: Visit, identity: FromPath[UUID]) -> Response[Any]:
    """Unlink one."""
    mine = await own_providers(visit.acting())
    chosen = next((each for each in mine if each.id == identity), None)
    if chosen is None:
        raise NotFoundError
    try:
        await unlink(visit.platform, chosen, _in_session(visit))
    except LastWayInError as error:
        return await _mine_page(request, visit, error)
    return redirect(request, "providers.mine", q_done="removed")


@get("/about/providers", name="providers.about", opt=OPEN)
async def about_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show what each kind of provider defends against, and what stands in for what it does not."""
    offered = {provider.preset.name for provider in configured(visit.platform.settings).values()}
    return page(request, "providers/about.html", presets=PRESETS.values(), meaning=MEANING, offered=offered)


async def _enter(request: AnyRequest, visit: Visit, entered: Entered, way: WayBack, drop: str) -> Response[Any]:
    """Open a session and lead on to where the person wanted to go."""
    ticket = await open_session(
        visit.platform, entered.person_id, Strength.PROVIDER, visit.origin, is_proof=entered.is_proof
    )
    return let_in(request, visit.platform, ticket, way, drop)


async def _go_on(request: AnyRequest, visit: Visit, proven: Proven, leaving: Leaving | None) -> Response[Any]:
    """Have a session go on, freshly proven, to where the proof was asked for."""
    try:
        ticket = await freshen(visit.platform, proven.person_id, proven.session, visit.origin)
    except SignInNeededError:
        raise AnotherPersonError from None
    return lead_back(request, leaving.to if leaving else {}, {}, ticket)


async def _leave_signed_in(request: AnyRequest, visit: Visit, provider: str, purpose: Purpose) -> Response[Any]:
    client, who, to = clients_of(visit.platform.settings)[provider], visit.known, named_in(request.query_params)
    if purpose is Purpose.PROVE and not client.provider.proves_freshly:
        raise NotFoundError
    if not _pressed_here(request):
        return redirect(request, "providers.mine")
    try:
        left = await leave(visit.platform, client, purpose, to, visit.address, who.session_id)
    except UpheldError as error:
        return _problem(request, error, client.provider.label, WayBack())
    return _away(visit, left.address, left.leaving)


def _away(visit: Visit, address: str, leaving: Leaving) -> Response[Any]:
    """Send the browser to a provider: the one redirect that leaves the site, to where the provider itself says."""
    answer = Redirect(address, status_code=303)
    answer.headers["set-cookie"] = carry(visit.platform, LEAVING, leaving, TEN_MINUTES)
    return answer


def _pressed_here(request: AnyRequest) -> bool:
    """Whether a page of ours led here: no other site can send somebody through a sign-in that they did not ask for."""
    return request.headers.get("sec-fetch-site") == "same-origin"


def _in_session(visit: Visit) -> InSession:
    return InSession(visit.known.person_id, visit.known.session_id, visit.origin)


def _label(visit: Visit, provider: str) -> str:
    known = configured(visit.platform.settings).get(provider)
    return known.label if known else provider


async def _asked(request: AnyRequest, visit: Visit, form: Form, way: WayBack) -> Registration:
    async with visit.platform.database.transaction("gate") as tx:
        notice = await one_notice(tx, form.uuid("notice"))
    return Registration(
        form.get("email"),
        None,
        notice.id,
        agrees=form.checked("account"),
        reads_resumes=form.checked("resume-reading"),
        way_back=way.query,
        language=words_for(request).language,
    )


async def _register_page(
    request: AnyRequest, visit: Visit, newcomer: Newcomer, form: Form, error: UpheldError | None
) -> Response[str]:
    async with visit.platform.database.transaction("gate") as tx:
        notice = await notice_in_force(tx, Kind.ACCOUNT, words_for(request).language)
    return page(
        request, "providers/register.html", status=error.status if error else 200, form=form, error=error,
        notice=notice, way=WayBack.of(newcomer.to), label=_label(visit, newcomer.proof.provider),
        proven=newcomer.proof.email if newcomer.proof.address_is_proven else "",
    )  # fmt: skip


def _confirm_page(request: AnyRequest, token: str, error: UpheldError | None) -> Response[str]:
    status, way = error.status if error else 200, WayBack.of(request.query_params)
    return page(request, "providers/confirm.html", status=status, token=token, error=error, way=way)


async def _mine_page(request: AnyRequest, visit: Visit, error: UpheldError | None) -> Response[str]:
    mine = await own_providers(visit.acting())
    offered = configured(visit.platform.settings).values()
    return page(
        request, "providers/mine.html", status=error.status if error else 200, error=error, mine=mine,
        offered=offered, done=request.query_params.get("done", ""),
    )  # fmt: skip


def _problem(request: AnyRequest, error: UpheldError, label: str, way: WayBack) -> Response[str]:
    """Say what went wrong at the other site, and what to do; what is not ours to explain goes on as it is."""
    return page(request, "providers/problem.html", status=error.status, error=error, label=label, way=way)


def _query(way: WayBack) -> dict[str, str]:
    return {f"q_{name}": text for name, text in way.named.items()}


handlers = [
    enter_page, back_page, register_page, register_do, confirm_page, confirm_do, mine_page, prove_page,
    prove_with_page, link_page, add_page, add_do, remove_do, about_page,
]  # fmt: skip
