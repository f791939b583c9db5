"""The page of settings, written from the settings themselves: `python -m tools.settings`."""

from pathlib import Path

from upheld.platform.settings import reference

PAGE = Path("docs/operating/settings.md")

_HEAD = """# Settings

Written by `make fix` from `src/upheld/platform/settings.py`; a test keeps the two equal.

Each setting is an environment variable, or a line `NAME=value` in the file that
`UPHELD_SETTINGS` names; the environment wins. `upheld settings` prints this list. Passwords
and keys are never settings: they are files of mode 0600 (see [keys](keys.md)). Durations are
in minutes.
"""


def page() -> str:
    """Return the page as it should be."""
    entries = [
        f"\n## `{name}`\n\n{meaning}\n\nDefault: {f'`{default}`' if default else 'empty'}\n"
        for name, default, meaning in reference()
    ]
    return _HEAD + "".join(entries)


if __name__ == "__main__":
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page())
