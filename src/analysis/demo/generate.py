"""Write the demo data folder: forms on all cores, everything in a folder beside, then one rename."""

from __future__ import annotations

import csv
import hashlib
import multiprocessing
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openpyxl
from filelock import FileLock

import analysis.intake
from analysis.demo import records
from analysis.demo.inbox import FormJob, correct_jobs, write_job
from analysis.demo.model import City, DemoError, build_city, true_values_of
from analysis.demo.post import ISO_MINUTES
from analysis.demo.spoiling import sent_jobs
from analysis.intake.identity import load_schools
from analysis.settings import Settings

Progress = Callable[[str, int, int], None]
MARK_FILE, VERSION_FILE = "DEMO", ".demo_version"
_MARK_TEXT = "ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ: школы и все числа вымышлены. Папку создаёт команда make demo.\n"
_WHAT = "Демонстрационные данные"
_FORM_SOURCES = ("forms.py", "form_*.py", "layout.py")
_RECEIVED_COLUMNS = ("file_name", "received_at")
_PLANTED_COLUMNS = ("file_name", "kind", "row", "school_id", "period", "sheet", "cell", "measure", "written")


@dataclass(frozen=True)
class DemoSummary:
    """What was generated."""

    folder: Path
    n_schools: int
    n_files: int
    n_mistakes: int
    version: str


def generate_demo(folder: Path, settings: Settings, *, jobs: int = 2, progress: Progress | None = None) -> DemoSummary:
    """Make the demo data folder anew; the same settings give the same bytes.

    The folder appears whole or not at all. Raises DemoError when it holds data that are not a demo's.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK_FILE).exists():
        raise DemoError(
            f"В папке {folder} лежат не демонстрационные данные (нет файла {MARK_FILE}): она не тронута. "
            "Укажите для демонстрационных данных другую папку."
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = folder.with_name(f".{folder.name}.new")
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        try:
            shutil.rmtree(draft, ignore_errors=True)
            (draft / "inbox").mkdir(parents=True)
            summary = _write_all(draft, settings, jobs, progress or (lambda what, done, total: None))
            _put_in_place(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    return DemoSummary(folder, *summary)


def is_current(folder: Path, settings: Settings) -> bool:
    """Was the folder made by this version of the generator with these measures, groups and activities?"""
    path = folder / VERSION_FILE
    return path.exists() and path.read_text(encoding="utf-8").strip() == demo_version(settings)


def demo_version(settings: Settings) -> str:
    """A hash of everything the demo's bytes depend on: code, params that shape forms, writing libraries."""
    digest = hashlib.sha256(f"{openpyxl.__version__} {np.__version__}".encode())
    for path in _sources():
        digest.update(path.read_bytes().replace(b"\r\n", b"\n"))
    shaping = {"measures", "checks", "version"}
    digest.update(settings.indicator_set.model_dump_json(include=shaping).encode())
    digest.update(settings.project.model_dump_json(include={"institution", "periods", "groups"}).encode())
    digest.update(settings.roadmap.model_dump_json().encode() if settings.roadmap else b"")
    return digest.hexdigest()


def _sources() -> list[Path]:
    intake = Path(analysis.intake.__path__[0])
    forms = {path for pattern in _FORM_SOURCES for path in intake.glob(pattern)}
    own = set(Path(__file__).parent.glob("*.py"))
    shared = [intake.parent / name for name in ("files.py", "periods.py", "xlsxfile.py")]
    return [*sorted(own), *sorted(forms), *shared]


def _write_all(draft: Path, settings: Settings, jobs: int, progress: Progress) -> tuple[int, int, int, str]:
    city = build_city()
    _write_records(draft, city, settings)
    files = _files(draft, city, settings)
    cells = _write_forms(draft / "inbox", files, settings, jobs, progress)
    received = [(job.path, job.received_at.strftime(ISO_MINUTES)) for job in files]
    received.append((records.BASELINE_FILE, records.BASELINE_ARRIVED))
    _write_csv(draft / "received.csv", (_RECEIVED_COLUMNS, sorted(received)))
    planted = sorted(_planted_rows(files, cells))
    _write_csv(draft / "planted_errors.csv", (_PLANTED_COLUMNS, planted))
    version = demo_version(settings)
    (draft / VERSION_FILE).write_text(version + "\n", encoding="utf-8", newline="\n")
    (draft / MARK_FILE).write_text(_MARK_TEXT, encoding="utf-8", newline="\n")
    return len(city.schools), len(files), len(planted), version


def _write_records(draft: Path, city: City, settings: Settings) -> None:
    (draft / "imports").mkdir()
    values = true_values_of(city, settings)
    _write_csv(draft / "schools.csv", records.schools_table(city.schools))
    _write_csv(draft / records.BASELINE_FILE, records.baseline_table(values, settings))
    _write_csv(draft / "measures.csv", records.measures_table(city.schools))
    _write_csv(draft / "centre_log.csv", records.centre_log_table())
    _write_csv(draft / "recommendations.csv", records.recommendations_table())


def _files(draft: Path, city: City, settings: Settings) -> list[FormJob]:
    known = load_schools(draft / "schools.csv").by_id
    months = correct_jobs(city, settings, known)
    files = [job for correct in months for job in sent_jobs(correct, city.schools, settings)]
    for name in {Path(job.path).parent for job in files}:
        (draft / "inbox" / name).mkdir()
    return files


def _write_forms(
    inbox: Path, files: list[FormJob], settings: Settings, jobs: int, progress: Progress
) -> dict[str, str]:
    """Write all forms; returns the cell of the mistake by path."""
    batches = _batches(files)
    cells: dict[str, str] = {}
    done = 0
    for batch, addresses in zip(batches, _run(inbox, batches, settings, jobs), strict=True):
        cells |= {job.path: address for job, address in zip(batch, addresses, strict=True)}
        done += len(batch)
        progress(_WHAT, done, len(files))
    return cells


def _batches(files: list[FormJob]) -> list[list[FormJob]]:
    """Forms of one calendar month together: they share a template. The long ones (June, December) go first."""
    batches: dict[str, list[FormJob]] = {}
    for job in files:
        batches.setdefault(job.month[5:], []).append(job)
    return [batches[month] for month in sorted(batches, key=lambda month: (int(month) % 6, month))]


def _run(inbox: Path, batches: list[list[FormJob]], settings: Settings, jobs: int) -> Iterator[list[str]]:
    if jobs < 2:
        yield from ([write_job(inbox, job, settings) for job in batch] for batch in batches)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(inbox, settings)) as pool:
        yield from pool.map(_write_batch, batches)


_worker: list[tuple[Path, Settings]] = []  # one pair: what every batch of a worker process shares


def _start_worker(inbox: Path, settings: Settings) -> None:
    _worker.append((inbox, settings))


def _write_batch(batch: list[FormJob]) -> list[str]:
    inbox, settings = _worker[0]
    return [write_job(inbox, job, settings) for job in batch]


def _planted_rows(files: list[FormJob], cells: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for job in files:
        m = job.mistake
        if m is not None:
            in_cell = bool(m.cell) and not m.edit and not m.noticed_later
            written = job.values[m.cell] if in_cell else None
            text = "" if written is None else str(written)
            yield job.path, m.kind, str(m.row), m.school_id, m.month, m.sheet, cells[job.path], m.measure, text


def _write_csv(path: Path, table: tuple[Iterable[str], Iterable[Iterable[object]]]) -> None:
    columns, rows = table
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def _put_in_place(draft: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    shutil.rmtree(old, ignore_errors=True)
