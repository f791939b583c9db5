"""The look: one place for colours, every pair of them readable, nothing that the policy for pages forbids."""

import re
from itertools import product
from pathlib import Path

import pytest

from tests.house.sources import ROOT, SOURCE

STYLE = SOURCE / "platform" / "web" / "static" / "upheld.css"
# What goes into an archive or a mail is read without us: it brings its own style along.
ARCHIVED = SOURCE / "features" / "privacy" / "templates" / "export" / "index.html"
MAILED = SOURCE / "platform" / "web" / "templates" / "mail.html"
TEMPLATES = sorted(set(SOURCE.rglob("templates/**/*.html")) - {ARCHIVED, MAILED})
COLOUR = re.compile(
    r"#[0-9a-fA-F]{3,8}\b|\b(?:rgba?|hsla?|hwb|oklch|oklab|lab|lch|color|color-mix|light-dark)\("
    r"|(?<![\w-])(?:white|black|red|green|gr[ae]y)(?![\w-])"
)
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")

# Text on what it stands on, and how much contrast it needs (WCAG 2.2, 1.4.3 and 1.4.11).
GROUNDS = ("ground", "paper", "well")
TEXT = [
    *product(("ink", "ink-soft", "brand", "brand-ink", "bad", "warn", "info", "calm"), GROUNDS),
    *product(("ink", "brand", "brand-ink"), ("brand-soft",)),
    *product(("ink", "bad"), ("bad-soft",)),
    *product(("ink", "warn"), ("warn-soft",)),
    *product(("ink", "info"), ("info-soft",)),
    *product(("ink", "calm"), ("calm-soft",)),
    *product(("on-brand",), ("brand", "brand-ink")),
    *product(("on-bad",), ("bad", "bad-ink")),
]  # fmt: skip
SHAPES = [*product(("line-strong", "focus", "brand", "bad"), GROUNDS)]


def tokens() -> dict[str, tuple[str, str]]:
    return {name: (light, dark) for name, light, dark in TOKEN.findall(STYLE.read_text())}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_pair_of_colours_can_be_read(theme: int) -> None:
    found = {name: both[theme] for name, both in tokens().items()}
    assert faint(found) == []
    for above, below in (*TEXT, *SHAPES):
        assert any(line.startswith(f"{above} on {below}: 1.00") for line in faint({**found, above: found[below]}))


def test_contrast_is_computed_as_the_guideline_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#777777", "#ffffff") < 4.5 < contrast("#767676", "#ffffff")


def test_every_colour_that_is_used_is_a_token() -> None:
    text = STYLE.read_text()
    defined = set(re.findall(r"(--[\w-]+):", text))
    used = set(re.findall(r"var\((--[\w-]+)", text))
    assert used - defined == set()
    assert {f"--{name}" for pair in (*TEXT, *SHAPES) for name in pair} <= defined


def test_no_colour_stands_outside_the_tokens() -> None:
    rules = STYLE.read_text().split("/* 2. Ground", 1)[1]
    breaches = [f"upheld.css: {line.strip()}" for line in rules.splitlines() if COLOUR.search(line)]
    breaches += [f"{shown(path)}: {found}" for path in TEMPLATES for found in _colours(path.read_text())]
    assert breaches == []


@pytest.mark.parametrize("rule", ["color: #fff", "fill: rgb(0 0 0)", "background: white", "color: light-dark(a, b)"])
def test_the_rule_for_colours_sees_each_way_around_it(rule: str) -> None:
    assert COLOUR.search(rule)
    assert not COLOUR.search("white-space: pre-line; color: var(--ink); border: solid currentcolor")


def test_templates_hold_no_style_no_handler_and_no_script() -> None:
    breaches = [f"{shown(path)}: {found}" for path in TEMPLATES for found in forbidden(path.read_text())]
    assert breaches == []


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="margin: 0">',
        "<style>p { margin: 0 }</style>",
        '<button onclick="go()">',
        "<form onsubmit=go()>",
        "<script>go()</script>",
        '<a href="javascript:go()">',
        '<font color="red">',
    ],
)
def test_the_rule_for_templates_sees_each_way_around_it(markup: str) -> None:
    assert forbidden(markup)


def test_every_class_of_a_template_is_known_to_the_style() -> None:
    style = STYLE.read_text()
    assert [f"{shown(path)}: {name}" for path in TEMPLATES for name in unstyled(path.read_text(), style)] == []


def test_the_rule_for_classes_sees_a_name_that_nobody_styles() -> None:
    markup = '<p class="soft {{ kind }} is-lost{{ " small" if small }}"><i class="hue-{{ n }} card"></i></p>'
    assert unstyled(markup, ".soft { } .card { } .cards { } .hue-1 { }") == ["is-lost"]
    assert unstyled(markup, ".soft { } .cards { } .is-lost { }") == ["hue-", "card"]


def test_every_macro_is_on_the_living_page() -> None:
    components = SOURCE / "platform" / "web" / "templates"
    front = (components / "parts.html").read_text()
    page = (components / "design.html").read_text()
    named = {name for path in (components / "components").glob("*.html") for name in _macros(path)}
    assert {name for name in named if f".{name}" not in front} == set(), "not offered by parts.html"
    assert {name for name in named if f"parts.{name}(" not in page} == set(), "not shown at /about/design"


def faint(colours: dict[str, str]) -> list[str]:
    """Return the pairs of colours that are too close to each other."""
    needs = [(*pair, 4.5) for pair in TEXT] + [(*pair, 3.0) for pair in SHAPES]
    return [
        f"{above} on {below}: {contrast(colours[above], colours[below]):.2f}, {least} needed"
        for above, below, least in needs
        if contrast(colours[above], colours[below]) < least
    ]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2, relative luminance)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def forbidden(markup: str) -> list[str]:
    """Return what the content security policy would refuse, or what decides about looks outside the style."""
    patterns = (
        r"<style\b", r"\sstyle\s*=", r"\son[a-z]+\s*=", r"javascript:", r"<font\b",
        r"<script\b(?![^>]*\b(?:src=|type=\"application/(?:ld\+)?json\"))[^>]*>",
    )  # fmt: skip
    return [found[0] for pattern in patterns for found in re.finditer(pattern, markup, re.IGNORECASE)]


def unstyled(markup: str, style: str) -> list[str]:
    """Return the classes that the style does not know; of a name that is put together, only its beginning counts."""
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", style))
    listed = [
        re.sub(r"{[{%].*?[%}]}", " ", text) for text in re.findall(r'class="([^"{]*(?:{[{%].*?[%}]}[^"{]*)*)"', markup)
    ]
    names = [name for text in listed for name in text.split()]
    return [
        name for name in names if not any(one == name or (name.endswith("-") and one.startswith(name)) for one in known)
    ]


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _colours(markup: str) -> list[str]:
    return re.findall(r"(?:fill|stroke|bgcolor|color)=\"(?!none|currentcolor)[^\"]*\"", markup)


def _macros(path: Path) -> list[str]:
    return [name for name in re.findall(r"{% macro (\w+)\(", path.read_text()) if not name.startswith("_")]


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
