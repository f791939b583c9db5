"""Landlock: a process forbids itself files, TCP, and signals to others, and cannot take it back.

The rule set has no rule in it: everything that the kernel's version can forbid is
forbidden, and what is open already stays open. Older kernels can forbid less, which
`restrict` says; `docs/operating/documents.md` lists what.
"""

import ctypes
import os

_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_VERSION_OF_KERNEL = 1

# The rights that exist by version: bits of access to files, bits of TCP, what is scoped.
_FILES = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
_TCP = {4: 0b11}
_SCOPED = {6: 0b11}


def version() -> int:
    """Return the version of Landlock that the kernel offers; 0 when it has none, or it is switched off."""
    return max(0, _libc().syscall(_CREATE_RULESET, None, 0, _VERSION_OF_KERNEL))


def restrict() -> int:
    """Forbid everything that the kernel can forbid; return its version, 0 where it can nothing.

    Needs `no_new_privs`.

    Raises:
        OSError: the kernel offers Landlock, and refuses it now.
    """
    offered = version()
    if offered == 0:
        return 0
    rights = (ctypes.c_uint64 * 3)(*(_newest(table, offered) for table in (_FILES, _TCP, _SCOPED)))
    # Kernels refuse the fields that they do not know yet.
    size = 8 if offered < min(_TCP) else 16 if offered < min(_SCOPED) else 24
    ruleset = _called(_CREATE_RULESET, ctypes.byref(rights), size, 0)
    _called(_RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)
    return offered


def _newest(table: dict[int, int], offered: int) -> int:
    known = [rights for since, rights in table.items() if since <= offered]
    return known[-1] if known else 0


def _called(number: int, *arguments: object) -> int:
    answer: int = _libc().syscall(number, *arguments)
    if answer < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return answer


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
