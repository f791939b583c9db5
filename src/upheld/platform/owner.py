"""As whom we run: never as root where that can be helped, but as the user to whom `var` belongs.

Whoever is root when a command begins becomes that user before anything is read or written, so
that nothing in `var` is ever root's. A demo's `var` that is root's is given to the user `upheld`,
made when missing. A command that ends by itself keeps one right of root's, to open any file: the
backup that it writes may go to a folder of root's. What goes on running keeps none but the one to
open ports below 1024, when it is told to.
"""

import os
import pwd
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import upheld
from upheld.platform.passage import closed_to_others, open_way
from upheld.platform.private import bare_environment
from upheld.platform.standing import OPEN_ANY_FILE, hold

SERVER_USER = "upheld"

_PROGRAMS = (Path(upheld.__file__), Path(sys.executable), Path(sys.executable).resolve())
"""What every process of ours is made of."""


def become_owner(var: Path) -> None:
    """Become the user to whom `var` belongs, for a command that ends by itself, if we are root and that is not."""
    if _is_root() and var.exists() and (owner := var.stat()).st_uid != 0:
        _become(owner.st_uid, owner.st_gid, frozenset({OPEN_ANY_FILE}))


def leave_root(var: Path, kept: frozenset[int], *, hands_over: bool) -> str | None:
    """Stop being root, for good and for everything that is started from here on; return why that cannot be.

    Args:
        var: the folder of the deployment.
        kept: the capabilities to keep.
        hands_over: whether a `var` of root's is given to the user `upheld`.
    """
    if not _is_root():
        return None
    owner = var.stat() if var.exists() else None
    is_roots = owner is None or owner.st_uid == 0
    if is_roots and not hands_over:
        return f"{var} belongs to root"
    if is_roots and _holds_others(var):
        return f"{var} holds more than Upheld put there"
    var.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        open_way([var.resolve(), *_PROGRAMS])
    except OSError:
        return f"no other user can walk through {closed_to_others([var.resolve(), *_PROGRAMS])[0]}"
    user, group = server_user()[2:4] if owner is None or is_roots else (owner.st_uid, owner.st_gid)
    # Only once: in a folder of another user's, root changes no owners, since they could lead it astray.
    if is_roots:
        _hand_over(var, user, group)
    _become(user, group, kept)
    return None


def server_user() -> pwd.struct_passwd:
    """Return the user `upheld`; make it when missing."""
    try:
        return pwd.getpwnam(SERVER_USER)
    except KeyError:
        subprocess.run(  # noqa: S603 - fixed arguments
            ["/usr/sbin/useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SERVER_USER],
            check=True,
            env=bare_environment(),
        )
        return pwd.getpwnam(SERVER_USER)


def _is_root() -> bool:
    return sys.platform == "linux" and os.geteuid() == 0


def _holds_others(var: Path) -> bool:
    """Whether there is something in a folder in which no demo has run: it is not ours to give away."""
    return var.exists() and any(var.iterdir()) and not (var / "lock").exists()


def _hand_over(var: Path, user: int, group: int) -> None:
    """Give `var` and all in it to a user; the folder itself changes hands last."""
    for folder, folders, files in os.walk(var, topdown=False):
        for name in (*folders, *files):
            os.chown(Path(folder) / name, user, group, follow_symlinks=False)
    os.chown(var, user, group)


def _become(user: int, group: int, kept: frozenset[int]) -> None:
    home = "/"
    os.setgroups([])
    with suppress(KeyError):  # a number without a name, as containers have
        named = pwd.getpwuid(user)
        os.initgroups(named.pw_name, group)
        home = named.pw_dir
    with hold(kept):
        os.setresgid(group, group, group)
        os.setresuid(user, user, user)
    os.environ["HOME"] = home  # what libraries look for there is root's no more
