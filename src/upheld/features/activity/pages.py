"""The page of what members did, and its download."""

import datetime as dt
import re
from typing import Any

from litestar import Request, Response, get, post

from upheld.features.activity import wording
from upheld.features.activity.actions import export_activity, read_activity
from upheld.features.activity.model import Group, Listed, Place, Wanted
from upheld.features.activity.queries import Directory
from upheld.features.organisations.model import Permission
from upheld.features.organisations.queries import check_may, own_organisation
from upheld.kit.errors import InvalidError
from upheld.platform.i18n import mark
from upheld.platform.web.downloads import download
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page, words_for
from upheld.platform.web.visits import OpenVisit, Visit

AnyRequest = Request[Any, Any, Any]
FILTER = ("group", "person", "first", "last")


@get("/hiring/organisation/activity", name="activity.page")
async def activity_page(request: AnyRequest, visit: Visit) -> Response[str]:
    """Show what was done with members, roles, jobs and settings; newest first, narrowed as asked."""
    check_may(visit.acting(), Permission.AUDIT_VIEW)
    form = Form({name: request.query_params.get(name, "") for name in FILTER})
    return await _page(request, visit, form, None)


@post("/hiring/organisation/activity/table", name="activity.table", status_code=200, opt={"fresh": True})
async def table_do(request: AnyRequest, visit: Visit) -> Response[Any]:
    """Answer with what is shown as a table, all pages of it."""
    form, acting = await Form.read(request), visit.acting()
    check_may(acting, Permission.AUDIT_VIEW)
    try:
        table = await export_activity(acting, _wanted(form), words_for(request))
    except InvalidError as error:
        return await _page(request, visit, form, error)
    return download(table, "text/csv; charset=utf-8", f"activity-{visit.platform.clock.now():%Y-%m-%d}.csv")


async def _page(request: AnyRequest, visit: OpenVisit, form: Form, error: InvalidError | None) -> Response[str]:
    """Show the page. What answers with an error is undone, the look with it: it shows no entry."""
    acting, after = visit.acting(), Place.read(request.query_params.get("after", ""))
    directory, found = Directory({}, {}), Listed([], None)
    try:
        wanted = _wanted(form)
    except InvalidError as wrong:
        error = wrong
    else:
        if error is None:
            directory, found = await read_activity(acting, wanted, after)
    return page(
        request,
        "activity/activity.html",
        status=error.status if error else 200,
        organisation=await own_organisation(acting),
        members=sorted(directory.members.items(), key=lambda one: one[1]),
        lines=found.lines,
        older=found.older.written if found.older else None,
        is_first=after is None,
        asked={name: text for name in FILTER if (text := form.get(name))},
        groups=[(str(group), words_for(request)(name)) for group, name in wording.GROUPS.items()],
        wording=wording,
        form=form,
        error=error,
    )


def _wanted(form: Form) -> Wanted:
    """Read what a form asks for; a group or member that there is not is as good as none.

    Raises:
        InvalidError: a day is none, or the last comes before the first.
    """
    first, last = (_day(form, name) for name in ("first", "last"))
    if first and last and last < first:
        raise InvalidError({"last": mark("The last day comes before the first.")})
    group = form.get("group")
    person = form.uuid("person") if form.get("person") else None
    return Wanted(Group(group) if group in set(Group) else None, person, first, last)


def _day(form: Form, name: str) -> dt.date | None:
    text = form.get(name)
    if not text:
        return None
    try:
        # Python reads weeks and days of the year as well, which no browser sends.
        return dt.date.fromisoformat(text if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text) else "")
    except ValueError:
        raise InvalidError({name: mark("Write the day as year, month and day: 2026-11-23.")}) from None


handlers = [activity_page, table_do]
