"""``manifest.json``: what a report was made from and what was made, by SHA-256; no clock in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from analysis.files import write_whole

MANIFEST = "manifest.json"
UNLISTED = (MANIFEST, "run.log", ".orientir.json")  # the last is there only while notebooks run
PACKAGES = (
    "orientir", "jupyterlab", "papermill", "pandas", "numpy", "seaborn", "matplotlib", "nbconvert", "openpyxl",
    "scipy", "statsmodels", "pyarrow", "pydantic", "pandera", "babel", "holidays", "typst",
)  # fmt: skip


def sha256(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests(folder: Path, files: Iterable[Path]) -> dict[str, str]:
    """Relative POSIX path → digest, sorted by path."""
    found = {path.relative_to(folder).as_posix(): sha256(path) for path in files if path.is_file()}
    return dict(sorted(found.items()))


def outputs_of(report_folder: Path) -> dict[str, str]:
    """Every output of a period but the manifest itself and the log."""
    files = [path for path in report_folder.rglob("*") if path.name not in UNLISTED and path.is_file()]
    return digests(report_folder, files)


def package_versions() -> dict[str, str]:
    """Versions of the packages whose output depends on them."""
    return {name: _version(name) for name in PACKAGES}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def write_manifest(report_folder: Path, parameters: Mapping[str, Any], inputs: Mapping[str, Mapping[str, str]]) -> None:
    """Write the manifest beside the outputs it lists; ``inputs`` maps a kind (params, data, notebooks) to digests."""
    content = {
        "manifest": 1,
        "parameters": dict(parameters),
        "packages": package_versions(),
        "inputs": {kind: dict(found) for kind, found in inputs.items()},
        "outputs": outputs_of(report_folder),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    write_whole(report_folder / MANIFEST, text.encode())
