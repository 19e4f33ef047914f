"""A Git repository of documentation (keras-io above all) → pages, from its address or from a checkout."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kb.sources import folders
from kb.sources.outside import Found, Problem, Resolve, Unreadable, label, one_line, shown, unresolved

TIMEOUT_S = 300.0
# The whole of keras-io with its images is a fraction of this.
LARGEST_CLONE_BYTES = 2 * 2**30
POLL_S = 0.2

# No user, no password, no port tricks; the host and path of a public repository.
_ADDRESS = re.compile(r"https://[A-Za-z0-9][A-Za-z0-9.-]{0,250}(?::\d{1,5})?/[\w./~+-]{1,500}")


def is_address(location: str) -> bool:
    """Tell whether a location is a repository's address rather than a path."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", location) is not None and not Path(location).exists()


def load(location: Path | str, resolve: Resolve = unresolved, *, name: str | None = None) -> Iterator[Found]:
    """Yield the pages of a repository.

    Args:
        location: an https:// or file:// address, a bare repository or a checkout.
        resolve: a name → its canonical symbol, or None.
        name: what ids and local addresses are made of; by default the repository's name and a hash of its address.
    """
    text = str(location)
    path = Path(location)
    if path.is_dir() and not _is_bare(path):
        yield from folders.load(path, resolve, name=name)
        return
    try:
        address = safe_address(text)
    except Unreadable as error:
        yield Problem(one_line(text), str(error))
        return
    with tempfile.TemporaryDirectory(prefix="lobby-clone-", ignore_cleanup_errors=True) as scratch:
        # The folder is named as the repository, by which its site is known.
        target = (
            Path(scratch)
            / "clone"
            / (re.sub(r"[^\w.-]", "", address.rstrip("/").rpartition("/")[2].removesuffix(".git")) or "repository")
        )
        try:
            clone(address, target)
        except Unreadable as error:
            yield Problem(one_line(text), str(error))
            return
        yield from folders.load(target, resolve, name=name or label(text))


def safe_address(text: str) -> str:
    """Return the address to clone from.

    Raises:
        Unreadable: it is neither https:// nor a repository on this machine, or holds what no address needs.
    """
    if _ADDRESS.fullmatch(text) and "/../" not in text:
        return text
    if text.startswith("https://") and "@" in text.partition("//")[2].partition("/")[0]:
        raise Unreadable("an address with a user or password in it is not read; clone it yourself and add the folder")
    local = Path(text.removeprefix("file://")) if text.startswith("file://") else Path(text)
    if ("://" not in text or text.startswith("file://")) and "\x00" not in text and local.is_dir():
        return f"file://{local.resolve()}"
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        raise Unreadable("only https:// and file:// repositories are read")
    raise Unreadable("there is no such folder or repository")


def clone(address: str, target: Path, *, timeout_s: float = TIMEOUT_S, largest: int = LARGEST_CLONE_BYTES) -> None:
    """Clone the newest state of a repository, and nothing else, into `target`; nothing of it is run.

    Args:
        address: as `safe_address` returns it.
        target: a folder that does not exist.
        timeout_s: after so many seconds it is given up.
        largest: bytes on the disk at which it is given up.

    Raises:
        Unreadable: it cannot be cloned.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    command = ["git", *_settings(), "clone", "--quiet", "--depth=1", "--single-branch", "--no-tags", "--template="]
    command += ["--no-recurse-submodules", "--", address, str(target)]
    complaints = target.parent / "complaints"
    try:
        with complaints.open("wb") as stderr:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env=_environment(target.parent),
                start_new_session=True,
            )
    except OSError as error:
        raise Unreadable(f"git cannot be started ({error.strerror})") from None
    try:
        end = time.monotonic() + timeout_s
        while process.poll() is None:
            if time.monotonic() > end:
                raise Unreadable(f"cloning took longer than {timeout_s:.0f} s")
            if _size(target) > largest:
                raise Unreadable(f"the repository is larger than {largest // 2**20:,} MiB")
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
    finally:
        # Helpers that git started go with it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode:
        said = complaints.read_bytes()[-4096:].decode("utf-8", "replace").strip().splitlines()
        why = next(
            (line for line in reversed(said) if line.startswith(("fatal:", "error:"))),
            said[-1] if said else "no reason given",
        )
        raise Unreadable(one_line(f"it cannot be cloned ({why.replace(str(target), shown(Path(target.name)))})"))


def _settings() -> list[str]:
    values = (
        "protocol.allow=never",
        "protocol.https.allow=always",
        "protocol.file.allow=always",
        "core.hooksPath=/dev/null",
        "core.symlinks=false",
        "core.fsmonitor=false",
        "credential.helper=",
        "http.followRedirects=initial",
        "transfer.fsckObjects=true",
        "fetch.fsckObjects=true",
        # Old repositories have dates and modes that today's checks complain of; they do no harm.
        *(f"fetch.fsck.{name}=ignore" for name in ("zeroPaddedFilemode", "missingSpaceBeforeDate", "badTimezone")),
    )
    return [part for value in values for part in ("-c", value)]


def _environment(home: Path) -> dict[str, str]:
    """Return an environment in which git asks nobody and reads no one's settings."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SSL_CERT_FILE", "https_proxy") if name in os.environ}
    return kept | {
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ASKPASS": "true",
        "GIT_ALLOW_PROTOCOL": "https:file",
        "GIT_LFS_SKIP_SMUDGE": "1",
        "GIT_ATTR_NOSYSTEM": "1",
    }


def _size(folder: Path) -> int:
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(f"{where}/{name}").st_size
    return total


def _is_bare(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()
