"""Verify what an Upheld deployment has signed, without a network and without installing anything.

    python3 verify.py trust.json
    python3 verify.py certificate-of-erasure.json --key 3f1c…

Works on the evidence of a trust page (`/trust.json`) and on certificates of erasure. Needs
Python 3.9 or newer and nothing else: the signature (Ed25519, RFC 8032) and the canonical form
that it covers (RFC 8785) are checked by the code below, which is short enough to be read.

Without `--key` the file is checked against the key that it names itself. That shows that
nothing was changed since; whose key it is shows a look at
`https://<the deployment>/.well-known/upheld-signing-key`, or a copy of it from earlier.

Ends with 0 when the file is genuine, 1 when it is not, 2 when it is no signed file.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

# Ed25519: the curve -x² + y² = 1 + d x² y² over the field of P elements (RFC 8032, 5.1).
P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
KEY_BYTES, SIGNATURE_BYTES = 32, 64

Point = tuple[int, int, int, int]  # X, Y, Z, T with x = X/Z, y = Y/Z, x*y = T/Z
NEUTRAL: Point = (0, 1, 1, 0)


class NotSignedError(Exception):
    """This is no file that Upheld has signed."""


def is_signed(content: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether a signature over these bytes was made with the secret half of this key."""
    if len(signature) != SIGNATURE_BYTES or len(public_key) != KEY_BYTES:
        return False
    key, nonce = point_in(public_key), point_in(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if key is None or nonce is None or scalar >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + content).digest()
    challenge = int.from_bytes(digest, "little") % ORDER
    return are_equal(times(scalar, BASE), plus(nonce, times(challenge, key)))


def plus(a: Point, b: Point) -> Point:
    """Add two points."""
    aa, bb = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    cc, dd = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = bb - aa, dd - cc, dd + cc, bb + aa
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(scalar: int, point: Point) -> Point:
    """Add a point to itself, again and again. Nothing here is secret, so the time it takes may tell."""
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = plus(total, point)
        point, scalar = plus(point, point), scalar >> 1
    return total


def are_equal(a: Point, b: Point) -> bool:
    """Whether two points are the same."""
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point_in(encoded: bytes) -> Point | None:
    """Return the point that 32 bytes stand for, if they stand for one."""
    number = int.from_bytes(encoded, "little")
    y, is_odd = number & (2**255 - 1), number >> 255
    x = root_of((y * y - 1) * pow(D * y * y + 1, P - 2, P) % P) if y < P else None
    if x is None or (x == 0 and is_odd):
        return None
    if x & 1 != is_odd:
        x = P - x
    return (x, y, 1, x * y % P)


def root_of(square: int) -> int | None:
    """Return a square root, if there is one."""
    root = pow(square, (P + 3) // 8, P)
    if root * root % P != square:
        root = root * SQRT_OF_MINUS_ONE % P
    return root if root * root % P == square else None


BASE = cast("Point", point_in((4 * pow(5, P - 2, P) % P).to_bytes(KEY_BYTES, "little")))

# Where ECMAScript begins to write a number with an exponent (RFC 8785, 3.2.2.3).
MOST_DIGITS, MOST_ZEROS = 21, 6


def canonical(value: object) -> str:
    """Write a value as canonical JSON (RFC 8785)."""
    if isinstance(value, dict):
        fields = sorted(cast("dict[str, object]", value).items(), key=utf_16)
        return "{" + ",".join(f"{canonical(name)}:{canonical(inner)}" for name, inner in fields) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, cast("list[object]", value))) + "]"
    if isinstance(value, float):
        return canonical_number(value)
    return json.dumps(value, ensure_ascii=False)


def utf_16(field: tuple[str, object]) -> bytes:
    """Return what the fields of an object are sorted by."""
    return field[0].encode("utf-16-be", "surrogatepass")


def canonical_number(value: float) -> str:
    """Write a number as ECMAScript does."""
    if not math.isfinite(value):
        raise NotSignedError
    sign, parts, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, point = "".join(map(str, parts)), len(parts) + int(exponent)
    if value == 0:
        return "0"
    if len(digits) <= point <= MOST_DIGITS:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= MOST_DIGITS:
        text = digits[:point] + "." + digits[point:]
    elif -MOST_ZEROS < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if digits[1:] else "") + f"e{point - 1:+d}"
    return "-" * sign + text


def read(content: bytes) -> dict[str, Any]:
    """Return a signed file's fields.

    Raises:
        NotSignedError: it is none.
    """
    try:
        paper = json.loads(content.decode(), object_pairs_hook=once_each)
    except (ValueError, RecursionError):
        raise NotSignedError from None
    if not isinstance(paper, dict):
        raise NotSignedError
    fields = cast("dict[str, Any]", paper)
    if not isinstance(fields.get("signature"), str) or not key_in(fields):
        raise NotSignedError
    return fields


def once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands there twice: two readers could take two values for signed."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise NotSignedError
    return dict(pairs)


def key_in(paper: dict[str, Any]) -> str:
    """Return the public key that a file names, in hexadecimal."""
    summary = paper.get("summary")
    named = (cast("dict[str, Any]", summary) if isinstance(summary, dict) else paper).get("public_key")
    return named if isinstance(named, str) else ""


def problems_of(paper: dict[str, Any], key: str | None = None) -> list[str]:
    """Return everything that is wrong with a signed file; `key` is who has to have signed it."""
    content = canonical({name: value for name, value in paper.items() if name != "signature"})
    try:
        genuine = is_signed(content.encode(), bytes.fromhex(paper["signature"]), bytes.fromhex(key_in(paper)))
    except ValueError:
        genuine = False
    found = [] if genuine else ["The signature does not fit: something was changed after it was made."]
    if key is not None and key.strip().lower() != key_in(paper):
        found.append("It was signed with another key than the one you named.")
    return found + [
        f"{promise['id']} is called {promise['state']}, which its checks do not say."
        for promise in paper.get("promises", [])
        if promise["state"] != state_of([check["state"] for check in promise["checks"]])
    ]


def state_of(checks: list[str]) -> str:
    """Return what becomes of a promise whose checks came to these states."""
    built = [state for state in checks if state != "not built"]
    if "failed" in checks:
        return "broken"
    if not built:
        return "not built"
    if "unproven" in built:
        return "unproven"
    return "upheld" if len(built) == len(checks) else f"partly, {len(built)} of {len(checks)}"


def told(paper: dict[str, Any]) -> list[str]:
    """Return what a genuine file says, in a few lines."""
    if "promises" not in paper:
        return [f"{name:<14}{paper[name]}" for name in ("type", "id", "address", "completed_at") if name in paper]
    summary = paper["summary"]
    lines = [f"{promise['state']:<16}{promise['id']}" for promise in paper["promises"]]
    counted = Counter(promise["state"].split(",")[0] for promise in paper["promises"])
    counts = ", ".join(f"{count} {state}" for state, count in counted.items())
    return [f"{summary['address']}, checked at {summary['at']}", *lines, counts]


def main(arguments: list[str]) -> int:
    """Verify one file; return the exit code."""
    parser = argparse.ArgumentParser(description="Verify a file that an Upheld deployment has signed, offline.")
    parser.add_argument("file", type=Path, help="trust.json, or a certificate of erasure")
    parser.add_argument("--key", help="the deployment's public key in hexadecimal, from a place you trust")
    asked = parser.parse_args(arguments)
    try:
        paper = read(asked.file.read_bytes())
        found = problems_of(paper, asked.key)
        lines = told(paper)
    except (NotSignedError, KeyError, TypeError, AttributeError):
        sys.stderr.write(f"{asked.file}: {NotSignedError.__doc__}\n")
        return 2
    if found:
        sys.stdout.write("NOT GENUINE\n" + "".join(f"  {problem}\n" for problem in found))
        return 1
    sys.stdout.write("Genuine: the signature fits, and nothing was changed since.\n")
    sys.stdout.write("".join(f"  {line}\n" for line in lines))
    if asked.key is None:
        sys.stdout.write(f"Signed with {key_in(paper)}: compare it with /.well-known/upheld-signing-key there.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
