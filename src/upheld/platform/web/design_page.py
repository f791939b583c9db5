"""The living page of the design system: every component in every state, in both themes."""

from datetime import timedelta
from typing import Any

from litestar import Request, Response, get

from upheld.kit.errors import InvalidError
from upheld.platform.web.forms import Form
from upheld.platform.web.pages import page

COLOURS = {
    "ground": ("ground", "paper", "well", "line", "line-strong"),
    "ink": ("ink", "ink-soft", "seal", "focus"),
    "brand": ("brand", "brand-ink", "brand-soft", "on-brand"),
    "bad": ("bad", "bad-ink", "bad-soft", "on-bad"),
    "states": ("warn", "warn-soft", "info", "info-soft", "calm", "calm-soft"),
}
"""The tokens that are colours, in the groups they are used in."""

_TYPED = {
    "name": "Ada Lovelace",
    "letter": "I wrote the first programme.",
    "place": "pune",
    "pay": "month",
    "agree": "yes",
    "closed": "Harbour Works",
    "email": "ada at example",
}
_WRONG = {
    "email": "Enter an e-mail address like name@example.org.",
    "about": "Say in a sentence or two what you did there.",
    "country": "Choose the country you would work in.",
    "when": "Choose one of the three.",
    "consent": "We need your consent to keep this.",
    "document": "This is no PDF. Save your résumé as PDF and choose it again.",
}


_THEMES = ("light", "dark")


@get("/about/design", name="design", opt={"public": True})
async def design_page(request: Request[Any, Any, Any]) -> Response[str]:
    """Show every component."""
    # Each stands on the page twice, so its fields carry the name of the theme.
    typed = {f"{name}-{theme}": text for theme in _THEMES for name, text in _TYPED.items()}
    wrong = {theme: InvalidError({f"{name}-{theme}": text for name, text in _WRONG.items()}) for theme in _THEMES}
    return page(request, "design.html", colours=COLOURS, form=Form(typed), wrong_at=wrong, day=timedelta(days=1))
