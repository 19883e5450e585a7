"""What a stopped run had finished, kept for the next one: each thing known by the hash of everything it was made from."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from analysis.files import write_whole
from analysis.report.manifest import is_intact, sha256

#: In a folder being built: one line per finished thing, written after its files.
JOURNAL = ".made.jsonl"
_LIST = ".files.json"
_KEY = re.compile(r"[0-9a-f]{64}")


def note(build: Path, key: str, files: Sequence[str]) -> None:
    """Add a finished thing to the journal of the folder being built."""
    line = json.dumps({"key": key, "files": {file: sha256(build / file) for file in files}})
    with (build / JOURNAL).open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def keep_finished(build: Path, store: Path) -> None:
    """Move what a stopped run had finished from its folder to the store; what was half-done goes with the folder."""
    for key, files in _noted(build):
        place = store / key
        if place.exists() or not all(is_intact(build, file, digest) for file, digest in files.items()):
            continue
        for file in files:
            (place / file).parent.mkdir(parents=True, exist_ok=True)
            (build / file).replace(place / file)
        write_whole(place / _LIST, json.dumps(files).encode())
    shutil.rmtree(build, ignore_errors=True)


def finished(store: Path, key: str) -> dict[str, bytes] | None:
    """The files of a thing made from inputs of this hash, whole and unchanged; None when there is none."""
    place = store / key
    files = _files_of(place / _LIST)
    if not files or not all(is_intact(place, file, digest) for file, digest in files.items()):
        return None
    return {file: (place / file).read_bytes() for file in files}


def _noted(build: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Things in the journal; a line that a kill cut short is none."""
    try:
        lines = (build / JOURNAL).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        try:
            found = json.loads(line)
            key, files = found["key"], found["files"]
        except (ValueError, TypeError, KeyError):
            continue
        if isinstance(key, str) and _KEY.fullmatch(key) and isinstance(files, dict):
            yield key, files


def _files_of(listed: Path) -> dict[str, str]:
    try:
        found = json.loads(listed.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
