"""Choosing a language: one press in the foot of every page, and back to that page."""

from typing import Any

from litestar import Request, post
from litestar.response import Redirect

from upheld.platform.i18n import LANGUAGES
from upheld.platform.web.cookies import keep_language
from upheld.platform.web.forms import Form
from upheld.platform.web.place import go_to


@post("/language", name="language.do", opt={"public": True, "no_transaction": True}, status_code=303)
async def language_do(request: Request[Any, Any, Any]) -> Redirect:
    """Keep the language that was chosen, when it is one of ours."""
    form = await Form.read(request)
    answer = go_to(request, dict(form.values))
    language = form.get("language")
    if language in LANGUAGES:
        answer.headers["set-cookie"] = keep_language(language)
    return answer
