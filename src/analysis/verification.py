"""Is a report what its inputs give? Rebuild it aside and compare every file byte for byte."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
from pathlib import Path

from analysis.pipeline import make_report
from analysis.report.manifest import MANIFEST, UNLISTED
from analysis.report.word import pandoc_version
from analysis.requests import Progress, ReportRequest
from analysis.scratch import scratch_folder
from analysis.workspace import RequestError, Workspace

MADE_BY_PANDOC = ".docx"
_WORD_IN_INDEX = re.compile(r", <a [^>]*report\.docx[^>]*>.*?</a>|<p [^>]*>Документ Word[^\n]*\n")


def verify_report(request: ReportRequest, progress: Progress) -> list[str]:
    """Relative paths that differ, are missing or are new after a rebuild; empty when all are equal.

    The rebuild runs on a copy of the data folder, register included, so the original is not touched. ``run.log`` is
    not compared; nor is what only pandoc can make (and the lines of the index and the manifest about it) where that is
    not installed, or is another one than the report was made with. Raises RequestError when there is no report.
    """
    built = request.space.report_folder(request.period)
    if not (built / MANIFEST).exists():
        raise RequestError(
            f"Отчёта за {request.period.key} ещё нет ({built}). Сначала make report PERIOD={request.period.key}."
        )
    with scratch_folder() as scratch:
        again = _rebuild(request, built, scratch, progress)
        return sorted(_different(built, again))


def _rebuild(request: ReportRequest, built: Path, scratch: Path, progress: Progress) -> Path:
    space = request.space
    data = scratch / "data" / space.data_name
    shutil.copytree(space.data, data)
    copy = Workspace(space.params, data, scratch / "reports")
    parameters = json.loads((built / MANIFEST).read_text(encoding="utf-8"))["parameters"]
    baseline = space.settings.parse_period(parameters["baseline"])
    same = dataclasses.replace(request, space=copy, baseline=baseline, schools=parameters["schools"])
    return make_report(same, progress).folder


def _different(built: Path, again: Path) -> set[str]:
    names = _files(built) ^ _files(again)
    shared = _files(built) & _files(again)
    different = names | {name for name in shared if (built / name).read_bytes() != (again / name).read_bytes()}
    if same_pandoc(built):
        return different
    # such a file lies on one side only, or differs; the index and the manifest name it
    rest = {name for name in different if not name.endswith(MADE_BY_PANDOC)}
    return {name for name in rest if _without_word(built, name) != _without_word(again, name)}


def same_pandoc(report: Path) -> bool:
    """Whether the report's manifest names the pandoc of this machine (none is one, too)."""
    manifest = json.loads((report / MANIFEST).read_text(encoding="utf-8"))
    return bool(manifest.get("pandoc", "") == pandoc_version())


def _without_word(folder: Path, name: str) -> object:
    path = folder / name
    if not path.exists():
        return None
    if name == "index.html":
        return _WORD_IN_INDEX.sub("", path.read_text(encoding="utf-8"))
    if name != MANIFEST:
        return path.read_bytes()
    manifest = json.loads(path.read_text(encoding="utf-8"))
    manifest.pop("pandoc", None)
    skipped = ("index.html", *(file for file in manifest["outputs"] if file.endswith(MADE_BY_PANDOC)))
    manifest["outputs"] = {file: digest for file, digest in manifest["outputs"].items() if file not in skipped}
    for made in manifest["made_from"].values():
        if any(file.startswith("meeting/") for file in made["files"]):
            made["key"], made["files"] = "", [file for file in made["files"] if not file.endswith(MADE_BY_PANDOC)]
    return manifest


def _files(folder: Path) -> set[str]:
    compared = (path for path in folder.rglob("*") if path.is_file())
    skipped = set(UNLISTED) - {MANIFEST}
    return {path.relative_to(folder).as_posix() for path in compared if path.name not in skipped}
