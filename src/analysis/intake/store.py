"""Save several files as one: a kill at any moment leaves the old state or the new, never a mixture.

New contents are laid down under ``accepted/pending`` with a list; once the list is complete the move is certain, and
whoever comes next finishes it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from filelock import FileLock

from analysis.files import reason_of, write_whole

ACCEPTED = "accepted"
_PENDING = "pending"
_LIST = "list.json"


class StoreError(ValueError):
    """The data folder cannot be written to; the message is Russian."""


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """One intake at a time per data folder; finishes what a killed one had decided."""
    folder = data_dir / ACCEPTED
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".lock").touch()
    except OSError as error:
        raise StoreError(f"В папку {data_dir} нельзя писать ({reason_of(error)}).") from None
    with FileLock(folder / ".lock"):
        recover(data_dir)
        yield


def recover(data_dir: Path) -> None:
    """Finish a complete but unfinished save, drop an incomplete one."""
    pending = data_dir / ACCEPTED / _PENDING
    if not pending.is_dir():
        return
    plan = _planned(pending / _LIST)
    for name, target in plan.get("replace", {}).items():
        if _is_within(name) and _is_within(target) and (pending / name).exists():
            (data_dir / target).parent.mkdir(parents=True, exist_ok=True)
            (pending / name).replace(data_dir / target)
    for target in filter(_is_within, plan.get("remove", ())):
        (data_dir / target).unlink(missing_ok=True)
    shutil.rmtree(pending)


def _planned(path: Path) -> dict[str, Any]:
    """What is to be moved and removed; nothing when there is no list or a damaged one: intake then makes all anew."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def _is_within(name: str) -> bool:
    """A data folder may come from elsewhere: its list moves nothing outside of it."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and ":" not in name


def save_together(data_dir: Path, contents: Mapping[str, bytes], obsolete: Collection[str] = ()) -> None:
    """Replace files given by their path inside the data folder, and remove ``obsolete`` ones.

    Files that would not change are not touched.
    """
    changed = {name: new for name, new in contents.items() if _read(data_dir / name) != new}
    if not changed and not obsolete:
        return
    pending = data_dir / ACCEPTED / _PENDING
    targets = {str(number): name for number, name in enumerate(sorted(changed))}
    for number, name in targets.items():
        write_whole(pending / number, changed[name])
    write_whole(pending / _LIST, json.dumps({"replace": targets, "remove": sorted(obsolete)}).encode())
    recover(data_dir)


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
