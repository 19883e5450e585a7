"""What need not be made again: outputs whose inputs have the same hash as when the report in place was made."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.report.manifest import read_manifest, sha256


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
    """The report in place, and what of the new one is made so far.

    A file is taken over only if its inputs have the recorded hash and it still holds what was written then.
    """

    old: Path
    new: Path
    force: bool = False
    made: dict[str, Made] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        manifest = {} if self.force else read_manifest(self.old)
        self._digests: Mapping[str, str] = manifest.get("outputs", {})
        self._known = {
            name: Made(item["key"], tuple(item["files"])) for name, item in manifest.get("made_from", {}).items()
        }

    def take(self, name: str, key: str) -> bool:
        """Take a thing's files over from the report in place; False when it has to be made."""
        known = self._known.get(name)
        if known is None or known.key != key or not all(map(self._is_intact, known.files)):
            return False
        for file in known.files:
            self.write(file, (self.old / file).read_bytes())
        self.made[name] = known
        self.kept.add(name)
        return True

    def record(self, name: str, key: str, files: Sequence[str]) -> None:
        """Remember what a thing was made from; its files are in the new folder."""
        self.made[name] = Made(key, tuple(sorted(files)))

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


def is_intact(folder: Path, file: str, digest: str | None) -> bool:
    """Whether a report's file still holds what the manifest says; never one outside the report's folder."""
    parts = PurePosixPath(file)
    if parts.is_absolute() or ".." in parts.parts:
        return False
    path = folder / file
    return path.is_file() and sha256(path) == digest
