# What Upheld uses of `multipart`, which ships no types.

from collections.abc import Iterator
from typing import BinaryIO

class MultipartError(ValueError): ...

class MultipartPart:
    name: str
    filename: str | None
    value: str
    raw: bytes

class MultipartParser:
    def __init__(
        self,
        stream: BinaryIO,
        boundary: str | bytes,
        content_length: int = ...,
        *,
        spool_limit: int = ...,
        memory_limit: int = ...,
        disk_limit: int = ...,
        part_limit: int = ...,
    ) -> None: ...
    def __iter__(self) -> Iterator[MultipartPart]: ...

def parse_options_header(header: str) -> tuple[str, dict[str, str]]: ...
