"""Looking for traces: byte patterns in every file of a folder, live database files included."""

import base64
from collections.abc import Iterable
from pathlib import Path

_PIECE = 1 << 22


def spellings(text: str) -> set[bytes]:
    """Return the byte patterns under which a text could lie on disk without encryption."""
    raw = text.encode()
    encodings = {raw, raw.lower(), raw.upper(), text.encode("utf-16-le"), text.encode("utf-16-be"), raw.hex().encode()}
    # Base64 depends on where the text begins; the middle of each of the three cases is constant.
    for shift in range(3):
        encoded = base64.b64encode(b"\x00" * shift + raw)
        encodings.add(encoded[4 if shift else 0 : -4])
    return {pattern for pattern in encodings if len(pattern) >= 6}


def find_traces(folder: Path, patterns: Iterable[bytes]) -> dict[Path, set[bytes]]:
    """Return the files under a folder that hold any of the patterns, and which."""
    wanted = sorted(set(patterns))
    longest = max(map(len, wanted))
    found: dict[Path, set[bytes]] = {}
    for path in (entry for entry in folder.rglob("*") if entry.is_file() and not entry.is_symlink()):
        hits = _in_file(path, wanted, longest)
        if hits:
            found[path.relative_to(folder)] = hits
    return found


def _in_file(path: Path, wanted: list[bytes], longest: int) -> set[bytes]:
    hits: set[bytes] = set()
    tail = b""
    try:
        with path.open("rb") as file:
            while piece := file.read(_PIECE):
                window = tail + piece
                hits.update(pattern for pattern in wanted if pattern in window)
                tail = window[-longest:]
    except FileNotFoundError:
        return set()  # a live database renames and removes files of its own
    return hits
