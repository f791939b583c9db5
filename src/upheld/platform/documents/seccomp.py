"""Seccomp: which system calls a confined process may still make.

The filter is a short list of what is needed to compute and to answer: memory, clocks, the
pipes that are open already. Everything else fails with EPERM, and what no document can be
a reason for (starting something, reaching somebody, touching another process) ends the
process at once, so that whoever started it learns of the attempt.

Written by hand as the kernel takes it: a comparison a line. A library would bring
libseccomp along, which an installation from wheels cannot, for these few lines.
"""

import ctypes
import errno
import platform

_PR_SET_SECCOMP = 22
_MODE_FILTER = 2

LOAD, IS, HAS, AT_LEAST, RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_EXECUTABLE = 4
_X32 = 0x40000000
"""From here on, system calls of another calling convention of x86-64."""

AUDIT = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}

# Name: number on x86-64 and on arm64. Nothing that takes a path: Landlock does not hide that
# a file is there, how large it is, and when it changed.
ALLOWED = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "close": (3, 57), "fstat": (5, 80), "lseek": (8, 62),
    "munmap": (11, 215), "brk": (12, 214), "mremap": (25, 216), "madvise": (28, 233), "membarrier": (324, 283),
    "rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132),
    "futex": (202, 98), "set_robust_list": (273, 99), "restart_syscall": (219, 128), "sched_yield": (24, 124),
    "clock_gettime": (228, 113), "clock_getres": (229, 114), "gettimeofday": (96, 169), "times": (100, 153),
    "clock_nanosleep": (230, 115), "nanosleep": (35, 101), "getrusage": (98, 165), "sysinfo": (99, 179),
    "getpid": (39, 172), "gettid": (186, 178), "getrandom": (318, 278), "exit": (60, 93), "exit_group": (231, 94),
}  # fmt: skip
# Allowed unless the memory were to be executed: what is run was loaded before.
MEMORY = {"mmap": (9, 222), "mprotect": (10, 226)}
FATAL = {
    "execve": (59, 221), "execveat": (322, 281), "clone": (56, 220), "clone3": (435, 435),
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "pidfd_open": (434, 434), "pidfd_getfd": (438, 438), "pidfd_send_signal": (424, 424),
    "kill": (62, 129), "tkill": (200, 130), "rt_sigqueueinfo": (129, 138), "rt_tgsigqueueinfo": (297, 240),
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "bind": (49, 200), "listen": (50, 201),
    "accept": (43, 202), "accept4": (288, 242), "sendto": (44, 206), "sendmsg": (46, 211), "sendmmsg": (307, 269),
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "move_mount": (429, 429),
    "open_tree": (428, 428), "fsopen": (430, 430), "unshare": (272, 97), "setns": (308, 268),
    "setuid": (105, 146), "setgid": (106, 144), "setresuid": (117, 147),
    "bpf": (321, 280), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426), "io_uring_register": (427, 427),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "userfaultfd": (323, 282),
    "perf_event_open": (298, 241), "open_by_handle_at": (304, 265), "memfd_create": (319, 279),
    "kexec_load": (246, 104), "init_module": (175, 105), "finit_module": (313, 273), "reboot": (169, 142),
}  # fmt: skip
# Only x86-64 still has these.
FATAL_OF_OLD = {"fork": 57, "vfork": 58}

# Refused to every process of ours, not only to what opens documents.
REFUSED = (
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_getfd", "mount", "umount2", "pivot_root", "chroot",
    "move_mount", "open_tree", "fsopen", "setns", "bpf", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "add_key", "request_key", "keyctl", "userfaultfd", "perf_event_open", "open_by_handle_at", "kexec_load",
    "init_module", "finit_module", "reboot",
)  # fmt: skip


class _Program(ctypes.Structure):
    """What the kernel takes: how many instructions, and where they are."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def is_offered() -> bool:
    """Whether the kernel has filters and this architecture is one whose numbers we know."""
    # Without a program it says EFAULT where filters exist, and EINVAL where they do not.
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, None, 0, 0)
    return ctypes.get_errno() == errno.EFAULT and platform.machine() in AUDIT


def restrict() -> bool:
    """Allow the short list from here on; return False where the kernel or the machine has no filter.

    Needs `no_new_privs`.

    Raises:
        OSError: the kernel offers filters, and refuses this one.
    """
    return is_offered() and _put_in_force(program(platform.machine()))


def refuse() -> bool:
    """Refuse what no process of ours has a reason for; return False where there is no filter.

    Needs `no_new_privs`.

    Raises:
        OSError: the kernel offers filters, and refuses this one.
    """
    return is_offered() and _put_in_force(refusal(platform.machine()))


def _put_in_force(code: bytes) -> bool:
    filled = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(filled), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter of system calls was refused")
    return True


def refusal(machine: str) -> bytes:
    """Return the filter for an architecture that allows everything but `REFUSED`."""
    column = list(AUDIT).index(machine)
    code = _own_calls_only(machine)
    for name in REFUSED:
        code += [_step(IS, FATAL[name][column], 0, 1), _step(RETURN, FAIL)]
    return b"".join([*code, _step(RETURN, ALLOW)])


def _own_calls_only(machine: str) -> list[bytes]:
    """Return the beginning of each filter: what another calling convention asks for ends the process."""
    return [
        _step(LOAD, _ARCHITECTURE), _step(IS, AUDIT[machine], 1, 0), _step(RETURN, KILL),
        _step(LOAD, _NUMBER), _step(AT_LEAST, _X32, 0, 1), _step(RETURN, KILL),
    ]  # fmt: skip


def program(machine: str) -> bytes:
    """Return the filter for an architecture, as the kernel takes it."""
    column = list(AUDIT).index(machine)
    code = _own_calls_only(machine)
    for numbers in ALLOWED.values():
        code += [_step(IS, numbers[column], 0, 1), _step(RETURN, ALLOW)]
    for numbers in MEMORY.values():
        code += [
            _step(IS, numbers[column], 0, 4),
            _step(LOAD, _THIRD_ARGUMENT), _step(HAS, _EXECUTABLE, 0, 1), _step(RETURN, FAIL),
            _step(RETURN, ALLOW),
        ]  # fmt: skip
    fatal = [numbers[column] for numbers in FATAL.values()]
    for number in [*fatal, *(FATAL_OF_OLD.values() if machine == "x86_64" else ())]:
        code += [_step(IS, number, 0, 1), _step(RETURN, KILL)]
    return b"".join([*code, _step(RETURN, FAIL)])


def _step(operation: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    """Return one instruction; the last two are how many to skip."""
    return operation.to_bytes(2, "little") + bytes((if_so, if_not)) + value.to_bytes(4, "little")
