"""What intake remembers between runs: readings by content hash, and the fingerprint of everything it read."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from analysis.intake.inbox import Arrival
from analysis.intake.reading import FormSpec
from analysis.settings import Settings

READINGS = "accepted/readings.cache"
STATE = "accepted/state.json"

Readings = dict[str, dict[str, Any]]


def code_digest() -> str:
    """A hash of intake's own code: a new program reads everything anew."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for path in sorted([*package.glob("*.py"), package.parent / "periods.py", package.parent / "conditions.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def settings_digest(settings: Settings) -> str:
    """A hash of the params that matter to intake."""
    parts = [settings.project.model_dump_json(), settings.indicator_set.model_dump_json()]
    parts += [activity.model_dump_json() for activity in settings.activities]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def spec_digest(spec: FormSpec, code: str) -> str:
    """A hash of what readings depend on: the form and the program."""
    return hashlib.sha256((json.dumps(spec.as_json(), sort_keys=True) + code).encode()).hexdigest()


def fingerprint(
    code: str, settings: Settings, spec: FormSpec, schools: Path, files: Iterable[Arrival], imports: Iterable[Arrival]
) -> str:
    """A hash of everything that the accepted tables are made from."""
    digest = hashlib.sha256(f"{code}\n{settings_digest(settings)}\n{spec_digest(spec, code)}\n".encode())
    digest.update(schools.read_bytes())
    for kind, arrivals in (("inbox", files), ("imports", imports)):
        for arrival in arrivals:
            digest.update(f"{kind}\t{arrival.name}\t{arrival.sha256}\t{arrival.received_at}\n".encode())
    return digest.hexdigest()


def load_readings(path: Path, spec: str) -> Readings:
    """Remembered readings; none when made by another form or program, or when the file is damaged."""
    try:
        stored = json.loads(zlib.decompress(path.read_bytes()))
        return stored["readings"] if stored["spec"] == spec else {}
    except (OSError, ValueError, KeyError, TypeError, zlib.error):
        return {}


def readings_bytes(readings: Mapping[str, Any], spec: str) -> bytes:
    """Readings as they are kept on disk."""
    text = json.dumps({"spec": spec, "readings": dict(sorted(readings.items()))}, ensure_ascii=False)
    return zlib.compress(text.encode(), 3)


def saved_state(data_dir: Path) -> str:
    """The fingerprint of the last finished run; empty when there is none, or a file it saved no longer holds the same."""
    try:
        state = json.loads((data_dir / STATE).read_text(encoding="utf-8"))
        intact = all(_sha256(data_dir / name) == digest for name, digest in state["files"].items())
        return str(state["fingerprint"]) if intact else ""
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ""


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def state_bytes(value: str, files: Mapping[str, bytes]) -> bytes:
    """The fingerprint and the digests of the files saved with it, as they are kept on disk."""
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    return json.dumps({"fingerprint": value, "files": digests}).encode()
