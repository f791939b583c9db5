"""Packing the archive: data, files, a page to read them offline, a manifest to check them by.

The same content gives the same bytes: names are sorted, times in the archive are fixed, and
the only instant is `generated_at`.
"""

import datetime as dt
import hashlib
import io
import zipfile
from dataclasses import dataclass

import msgspec

from upheld.features.privacy.errors import ExportIncompleteError
from upheld.features.privacy.export.parts import PARTS, File, Part, read_files, read_part
from upheld.features.privacy.export.reading import chapters
from upheld.features.privacy.export.withheld import withheld
from upheld.features.privacy.model import Record
from upheld.kit.errors import SignInNeededError, UnavailableError, UpheldError
from upheld.platform.acting import Acting
from upheld.platform.i18n import Words
from upheld.platform.web.pages import render

SCHEMA = "urn:upheld:export:1"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Everything:
    """All that an archive holds, read and opened."""

    generated_at: dt.datetime
    controller: str
    contact: str
    tables: list[tuple[Part, list[Record]]]
    files: list[File]


async def read_everything(acting: Acting) -> Everything:
    """Read all there is about the person.

    Raises:
        ExportIncompleteError: a part could not be read; half an archive is none.
    """
    platform = acting.platform
    try:
        tables = [(part, await read_part(acting, part)) for part in PARTS]
        rows = {part.table: records for part, records in tables}
        files = await read_files(acting, rows["documents"], rows["application_snapshots"])
    except (UnavailableError, SignInNeededError):
        raise  # nothing is wrong with their data: they are told to try again, or to sign in
    except (UpheldError, FileNotFoundError) as error:
        raise ExportIncompleteError from error
    return Everything(platform.clock.now(), platform.settings.controller, platform.settings.contact, tables, files)


def pack(everything: Everything, words: Words) -> bytes:
    """Return the archive; pure computation, run it off the event loop."""
    contents = {file.path: file.content for file in everything.files}
    contents |= {f"data/{part.file}.json": _json(records) for part, records in everything.tables}
    contents["withheld.json"] = _json([{**line, "why": words(line["why"])} for line in withheld()])
    contents["index.html"] = _index(everything, words).encode()
    contents["README.txt"] = _readme(everything, words).encode()
    contents["manifest.json"] = _json(_manifest(everything, contents))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(contents):
            entry = zipfile.ZipInfo(path, _FIXED_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            archive.writestr(entry, contents[path])
    return packed.getvalue()


def _manifest(everything: Everything, contents: dict[str, bytes]) -> Record:
    counts = {f"data/{part.file}.json": len(records) for part, records in everything.tables}
    tables = {f"data/{part.file}.json": f"upheld.{part.table}" for part, _ in everything.tables}
    return {
        "schema": SCHEMA,
        "generated_at": everything.generated_at,
        "controller": everything.controller,
        "files": [
            {
                "path": path,
                "sha256": hashlib.sha256(content).hexdigest(),
                "size": len(content),
                **({"source": tables[path], "records": counts[path]} if path in counts else {}),
            }
            for path, content in sorted(contents.items())
        ],
    }


def _index(everything: Everything, words: Words) -> str:
    told = chapters(everything.tables, words)
    return render(words, "privacy/export/index.html", everything=everything, chapters=told, withheld=withheld())


def _readme(everything: Everything, words: Words) -> str:
    return render(words, "privacy/export/readme.txt", everything=everything)


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"
