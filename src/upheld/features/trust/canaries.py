"""Canaries: words that exist nowhere else.

They are planted where personal data goes, and looked for everywhere it must not lie.

All words of one run share a stem, so that one search finds any of them. It is looked for
as it is written, and in the spellings in which software stores text: capitals, UTF-16,
hexadecimal, and base64 at each of its three offsets.
"""

import base64
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_STEM_LENGTH = 15


@dataclass
class Canaries:
    """The words of one run, and the fields they were planted in."""

    stem: str = field(
        default_factory=lambda: "".join(secrets.choice(string.ascii_lowercase) for _ in range(_STEM_LENGTH))
    )
    digits: str = field(default_factory=lambda: "".join(secrets.choice("123456789") for _ in range(12)))
    planted: set[str] = field(default_factory=set[str])

    def word(self, name: str) -> str:
        """Return the word for a field, and remember that it was planted there."""
        self.planted.add(name)
        return f"{self.stem} {name}"

    def number(self, name: str) -> str:
        """Return the number for a field that takes digits only."""
        self.planted.add(name)
        return f"+{self.digits}"

    def spellings(self) -> dict[str, bytes]:
        """Return the bytes to look for, by what they are."""
        return {
            **_spellings(self.stem),
            "digits": self.digits.encode(),
            "digits, hex": self.digits.encode().hex().encode(),
        }


def key_spellings(name: str, key: bytes) -> dict[str, bytes]:
    """Return the forms in which a key might lie around: raw, hexadecimal, base64."""
    standard = base64.b64encode(key).rstrip(b"=")
    forms = {
        f"{name}, raw": key,
        f"{name}, hex": key.hex().encode(),
        f"{name}, base64": standard,
        f"{name}, base64url": base64.urlsafe_b64encode(key).rstrip(b"="),
    }
    return {what: form for what, form in forms.items() if form != standard or what.endswith("base64")}


def found_in(content: bytes, wanted: Mapping[str, bytes]) -> Iterable[str]:
    """Yield the name of each of `wanted` that occurs in `content`."""
    return (name for name, form in wanted.items() if form in content)


def _spellings(stem: str) -> dict[str, bytes]:
    plain = stem.encode()
    return {
        "plain": plain,
        "capitals": stem.upper().encode(),
        "UTF-16": stem.encode("utf-16-le"),
        "hex": plain.hex().encode(),
        "hex, capitals": plain.hex().upper().encode(),
        **{f"base64 at {offset}": _base64_inside(plain, offset) for offset in range(3)},
    }


def _base64_inside(plain: bytes, offset: int) -> bytes:
    """Return the part of the base64 that does not depend on what stands before and after."""
    padded = b"\x00" * offset + plain
    whole = padded[: len(padded) - len(padded) % 3]
    skip = -(-offset * 8 // 6)  # characters that mix in the unknown bytes before
    return base64.b64encode(whole)[skip:]
