"""``manifest.json``: what a report was made from and what was made, by SHA-256; no clock in it."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any

from analysis.files import write_whole
from analysis.report.word import pandoc_version

MANIFEST = "manifest.json"
UNLISTED = (MANIFEST, "run.log")
VERSION = 2
#: What outputs depend on; the editor and what only checks things are not here.
PACKAGES = (
    "orientir", "jupyterlab", "papermill", "nbclient", "nbformat", "ipykernel", "ipython", "pandas", "numpy", "seaborn",
    "matplotlib", "matplotlib-inline", "fonttools", "pillow", "contourpy", "nbconvert", "jinja2", "mistune", "bleach",
    "openpyxl", "scipy", "statsmodels", "patsy", "pyarrow", "pydantic", "pydantic-core", "pyyaml", "pandera", "babel",
    "holidays", "python-dateutil", "typst", "fontpkg-pt-sans", "fontpkg-pt-serif",
)  # fmt: skip
#: Files of this package that are code or templates; the rest (caches) changes nothing.
CODE = (".py", ".j2", ".typ", ".css", ".js", ".yaml", ".html", ".json", ".svg")


def sha256(path: Path) -> str:
    """Hex digest of a file, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests(folder: Path, files: Iterable[Path]) -> dict[str, str]:
    """Relative POSIX path → digest, sorted by path."""
    found = {path.relative_to(folder).as_posix(): sha256(path) for path in files if path.is_file()}
    return dict(sorted(found.items()))


def outputs_of(report_folder: Path) -> dict[str, str]:
    """Every output of a period but the manifest itself, the log, and files whose name begins with a dot."""
    files = [path for path in report_folder.rglob("*") if path.name not in UNLISTED and path.name[0] != "."]
    return digests(report_folder, files)


def package_versions() -> dict[str, str]:
    """Versions of the packages whose output depends on them."""
    return {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}}


def code_digest() -> str:
    """The hash of this package's own code and templates."""
    package = Path(__file__).resolve().parents[1]
    files = digests(package, (path for path in package.rglob("*") if path.suffix in CODE))
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


@dataclass(frozen=True)
class Inputs:
    """Everything a report is made from: its parameters, the program, and the digests of files by kind."""

    parameters: Mapping[str, str]
    packages: Mapping[str, str]
    code: str
    files: Mapping[str, Mapping[str, str]]  # params, data, notebooks

    def as_json(self) -> dict[str, Any]:
        """As the manifest holds them."""
        return {
            "parameters": dict(self.parameters),
            "packages": dict(self.packages),
            "code": self.code,
            "inputs": {kind: dict(found) for kind, found in self.files.items()},
        }


def write_manifest(
    report_folder: Path, inputs: Inputs, made_from: Mapping[str, Any], failed: Iterable[str] = ()
) -> None:
    """Write the manifest beside the outputs it lists.

    made_from : name of a stage, report or card → the hash of its own inputs and its files
    failed : names of what could not be made
    """
    content = {
        "manifest": VERSION,
        **inputs.as_json(),
        "failed": sorted(failed),
        "made_from": dict(made_from),
        "pandoc": pandoc_version(),
        "outputs": outputs_of(report_folder),
    }
    text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    write_whole(report_folder / MANIFEST, text.encode())


def read_manifest(report_folder: Path) -> dict[str, Any]:
    """The manifest of a report in place; empty when there is none, or it is damaged or of another version."""
    try:
        content = json.loads((report_folder / MANIFEST).read_text(encoding="utf-8"))
        current = isinstance(content, dict) and content.get("manifest") == VERSION
        return content if current and _is_whole(content) else {}
    except (OSError, ValueError):
        return {}


def _is_whole(content: Mapping[str, Any]) -> bool:
    """Whether the parts that decide what is taken over are as this program writes them."""
    made, outputs = content.get("made_from"), content.get("outputs")
    if not isinstance(made, dict) or not isinstance(outputs, dict):
        return False
    return all(
        isinstance(item, dict) and isinstance(item.get("key"), str) and isinstance(item.get("files"), list)
        for item in made.values()
    )


def is_intact(folder: Path, file: str, digest: str | None) -> bool:
    """Whether a report's file still holds what the manifest says; never one outside the report's folder."""
    parts = PurePosixPath(file)
    if parts.is_absolute() or ".." in parts.parts:
        return False
    path = folder / file
    return path.is_file() and sha256(path) == digest
