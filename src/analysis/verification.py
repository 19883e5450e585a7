"""Is a report what its inputs give? Rebuild it aside and compare every file byte for byte."""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
from pathlib import Path

from analysis.pipeline import make_report
from analysis.report.manifest import MANIFEST, UNLISTED
from analysis.requests import Progress, ReportRequest
from analysis.workspace import RequestError, Workspace


def verify_report(request: ReportRequest, progress: Progress) -> list[str]:
    """Relative paths that differ, are missing or are new after a rebuild; empty when all are equal.

    The rebuild runs on a copy of the data folder, register included, so the original is not touched. ``run.log`` is
    not compared. Raises RequestError when there is no report to verify.
    """
    built = request.space.report_folder(request.period)
    if not (built / MANIFEST).exists():
        raise RequestError(
            f"Отчёта за {request.period.key} ещё нет ({built}). Сначала make report PERIOD={request.period.key}."
        )
    with tempfile.TemporaryDirectory(prefix="orientir-verify-") as scratch:
        again = _rebuild(request, built, Path(scratch), progress)
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
    return names | {name for name in shared if (built / name).read_bytes() != (again / name).read_bytes()}


def _files(folder: Path) -> set[str]:
    compared = (path for path in folder.rglob("*") if path.is_file())
    skipped = set(UNLISTED) - {MANIFEST}
    return {path.relative_to(folder).as_posix() for path in compared if path.name not in skipped}
