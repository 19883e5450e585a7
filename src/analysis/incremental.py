"""What need not be made again: outputs whose inputs have the same hash as when the report in place was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis import begun
from analysis.report.manifest import is_intact, read_manifest


@dataclass(frozen=True)
class Made:
    """One thing that was made: the hash of everything it was made from, and its files."""

    key: str
    files: tuple[str, ...]


def key_of(*parts: Any) -> str:
    """A hash of inputs: texts, numbers, and mappings or lists of them."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Memory:
    """The report in place, what a stopped run had finished, and what of the new report is made so far.

    A file is taken over only if its inputs have the recorded hash and it still holds what was written then.
    """

    old: Path
    new: Path
    force: bool = False
    stopped: Path | None = None
    made: dict[str, Made] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)
    resumed: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        manifest = {} if self.force else read_manifest(self.old)
        self._digests: Mapping[str, str] = manifest.get("outputs", {})
        self._known = {
            name: Made(item["key"], tuple(item["files"])) for name, item in manifest.get("made_from", {}).items()
        }

    def take(self, name: str, key: str) -> bool:
        """Take a thing's files over from the report in place or a stopped run; False when it has to be made."""
        known = self._known.get(name)
        if known is None or known.key != key or not all(map(self._is_intact, known.files)):
            return self._resume(name, key)
        for file in known.files:
            self.write(file, (self.old / file).read_bytes())
        self.made[name] = known
        self.kept.add(name)
        return True

    def _resume(self, name: str, key: str) -> bool:
        files = None if self.force or self.stopped is None else begun.finished(self.stopped, key)
        if files is None:
            return False
        for file, content in files.items():
            self.write(file, content)
        self.made[name] = Made(key, tuple(sorted(files)))
        self.resumed.add(name)
        return True

    def record(self, name: str, key: str, files: Sequence[str]) -> None:
        """Remember what a thing was made from, also for the case that this run is stopped; its files are in place."""
        self.made[name] = Made(key, tuple(sorted(files)))
        begun.note(self.new, key, files)

    def write(self, file: str, content: bytes) -> None:
        """Put one file into the new report."""
        path = self.new / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def made_from(self) -> dict[str, dict[str, Any]]:
        """Everything made, for the manifest."""
        return {name: {"key": made.key, "files": list(made.files)} for name, made in sorted(self.made.items())}

    def _is_intact(self, file: str) -> bool:
        return is_intact(self.old, file, self._digests.get(file))
