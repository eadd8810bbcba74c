"""Who runs the embedded servers, and where their files must lie for that account to reach them.

PostgreSQL refuses to run as root. As root the servers run as an account that exists on every system and that cannot enter a
closed home folder: what it must read or own is then put in a private place under /var/lib.
"""

import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from guichet.embedded.errors import EmbeddedError

PRIVATE = Path("/var/lib/guichet-embedded")
OWNER_ONLY = 0o700
ENTER_ONLY = 0o711


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def for_popen(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def unprivileged_account(data: Path) -> Account | None:
    """Who runs the server: None, ourselves, unless we are root; else the owner of existing data, `postgres` or `nobody`."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in ("postgres", "nobody"):
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid)
    raise EmbeddedError(
        "Aucun compte sans privilège (postgres, nobody) sur cette machine : lancez la commande sans être root."
    )


def reachable_home(directory: Path, account: Account | None) -> Path:
    """`directory`, or the private place that stands for it when `account` cannot enter it."""
    if account is None or _may(account, "-x", directory):
        return directory
    home = _private(ENTER_ONLY) / hashlib.sha256(bytes(directory.resolve())).hexdigest()[:16]
    home.mkdir(mode=ENTER_ONLY, exist_ok=True)
    return home


def readable_binary(binary: Path, package: Path, account: Account | None, companions: tuple[Path, ...] = ()) -> Path:
    """`binary`, or its copy that `account` may run: `package` and its sibling `companions` are copied whole, once a version."""
    if account is None or _may(account, "-x", binary):
        return binary
    # The folder's date changes when another version is installed in its place.
    key = hashlib.sha256(f"{package} {package.stat().st_mtime_ns}".encode()).hexdigest()[:16]
    home = _private(ENTER_ONLY) / f"binaries-{key}"
    if not home.exists():
        _copy_whole((package, *companions), home)
    return home / binary.relative_to(package.parent)


def own_folder(path: Path, account: Account | None) -> Path:
    """A folder that only `account` (or we) may read, created when missing."""
    path.mkdir(mode=OWNER_ONLY, exist_ok=True)
    give(path, account)
    path.chmod(OWNER_ONLY)
    return path


def give(path: Path, account: Account | None) -> None:
    if account is not None:
        os.chown(path, account.uid, account.gid)


def socket_folder(wanted: Path, account: Account | None, *, longest: int) -> Path:
    """`wanted`, or a short private folder under /tmp when a socket's path there would exceed the system's limit.

    Raises EmbeddedError when somebody else made that folder first.
    """
    if len(bytes(wanted)) <= longest:
        return own_folder(wanted, account)
    short = Path("/tmp") / f"guichet-{hashlib.sha256(bytes(wanted)).hexdigest()[:16]}"  # noqa: S108 - checked just below
    uid = account.uid if account else os.geteuid()
    if short.is_symlink() or (short.exists() and short.stat().st_uid not in {uid, os.geteuid()}):
        raise EmbeddedError(f"{short} existe déjà et n’est pas à nous : supprimez-le.")
    return own_folder(short, account)


@contextmanager
def scratch_directory(prefix: str = "guichet-") -> Iterator[Path]:
    """A temporary folder that the servers' account can enter (a plain temporary folder of root is closed to it)."""
    path = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        if os.geteuid() == 0:
            path.chmod(ENTER_ONLY)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _may(account: Account, what: str, path: Path) -> bool:
    """Ask the system as that account: modes, access lists and every parent folder count."""
    return (
        subprocess.run(
            ["/bin/sh", "-c", f'test {what} "$1"', "sh", path], check=False, cwd="/", **account.for_popen()
        ).returncode
        == 0
    )


def _private(mode: int) -> Path:
    PRIVATE.mkdir(mode=mode, parents=True, exist_ok=True)
    facts = PRIVATE.lstat()
    if facts.st_uid != os.geteuid() or not stat.S_ISDIR(facts.st_mode):
        raise EmbeddedError(f"{PRIVATE} n’est pas un dossier de root : supprimez-le.")
    PRIVATE.chmod(mode)
    return PRIVATE


def _copy_whole(sources: tuple[Path, ...], home: Path) -> None:
    draft = Path(tempfile.mkdtemp(dir=home.parent))
    for source in sources:
        if source.exists():
            shutil.copytree(source, draft / source.name, symlinks=True)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            runnable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
            path.chmod(0o755 if runnable else 0o644)
    try:
        draft.rename(home)
    except OSError:
        # Another start of the same version was quicker.
        shutil.rmtree(draft)
