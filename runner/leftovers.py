"""What a service that was killed left behind on the machine: its groups and its parents' folders."""

from __future__ import annotations

import logging
import re
import shutil
from pathlib import Path

from runner import cgroup
from runner.store import Owner

_LOG = logging.getLogger(__name__)
_NAME = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")


def reap(owner: Owner, groups: cgroup.Groups, parents: Path) -> None:
    """Remove what belongs to services of this folder that are gone; nothing of others is touched.

    Args:
        owner: our own mark; its neighbours say who is gone, and which groups were theirs.
        groups: our own groups; those beside them are looked through too, in case a mark says too little.
        parents: the folder with one folder for each service.
    """
    dead = owner.dead()
    beside = {folder.parent for folder in groups.folders}
    for name, noted in dead.items():
        if not _NAME.fullmatch(name):
            continue
        # A mark is a file that anybody with the folder may have written: only names with the service's own count.
        theirs = {folder for folder in noted if folder.name.startswith("lobby-") and name in folder.name}
        theirs.update(folder for place in beside for folder in place.glob(f"lobby-*{name}*"))
        shutil.rmtree(parents / name, ignore_errors=True)
        if cgroup.reap(sorted(theirs)):
            owner.forget(name)
        else:
            _LOG.info("groups of a service that is gone are still busy; the next start tries again")
    if parents.is_dir():
        for folder in parents.iterdir():
            if _NAME.fullmatch(folder.name) and owner.gone(folder.name):
                shutil.rmtree(folder, ignore_errors=True)
