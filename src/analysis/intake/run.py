"""Intake from end to end: read what lies in the inbox, check, register, save. Unchanged input changes no byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from analysis.intake import memory
from analysis.intake.acceptance import Acceptance, accept
from analysis.intake.bulk import read_imports
from analysis.intake.form_versions import load_older_forms
from analysis.intake.identity import Schools, check_groups, load_schools
from analysis.intake.inbox import Arrival, arrivals, load_received
from analysis.intake.layout import MEASURE_SHEETS
from analysis.intake.observations import activities, observations
from analysis.intake.protocol import protocol_files
from analysis.intake.reading import FormSpec, Reading, spec_of
from analysis.intake.register import (
    Register,
    appended,
    current_register,
    imported_rows,
    load_register,
    new_rows,
    vanished_findings,
)
from analysis.intake.store import locked, recover, save_together
from analysis.intake.submission import assign
from analysis.intake.workers import read_files
from analysis.periods import Period, parse_period, sheet_period
from analysis.settings import Settings
from analysis.tablestore import parquet_bytes
from analysis.workspace import RequestError

Progress = Callable[[str, int, int], None]
TABLES = ("observations", "findings", "activities", "register")


class IntakeError(RequestError):
    """The data folder cannot be used; the message is Russian."""


@dataclass(frozen=True)
class IntakeResult:
    """The accepted tables. ``register`` has the file's columns, how each file stands now, and what imports gave."""

    observations: pd.DataFrame
    findings: pd.DataFrame
    register: pd.DataFrame
    activities: pd.DataFrame


@dataclass(frozen=True)
class _Found:
    """Everything a run starts from."""

    schools: Schools
    register: Register
    spec: FormSpec
    files: list[Arrival]
    imports: list[Arrival]
    code: str
    fingerprint: str


def run_intake(
    data_dir: Path,
    settings: Settings,
    *,
    jobs: int = 2,
    progress: Progress | None = None,
    approve: Callable[[pd.DataFrame], None] | None = None,
) -> IntakeResult:
    """Read a data folder and save ``accepted/``, ``register.csv`` and ``protocols/``; the inbox is only read.

    ``approve`` gets the observations before anything is written: what it raises leaves the folder as it was.
    Files read before are not read again (by content hash); when nothing changed at all, the saved tables are returned.
    Raises IntakeError, SchoolsError, RegisterError when the folder itself is wrong – never for what schools sent.
    """
    if not (data_dir / "schools.csv").exists():
        raise IntakeError(f"В папке {data_dir} нет schools.csv: создайте список школ (см. data/README.md).")
    with locked(data_dir):
        found = _look(data_dir, settings)
        if memory.saved_state(data_dir) == found.fingerprint:
            result = _load(data_dir)
            (approve or _any)(result.observations)
            return result
        readings = _read(data_dir, found, jobs, progress)
        rows, result = _result(found, *_accept(found, readings, settings), settings)
        (approve or _any)(result.observations)
        _save(data_dir, found, readings, rows, result, settings)
        return result


def _any(_: pd.DataFrame) -> None:
    """Whatever was accepted may be saved."""


def _look(data_dir: Path, settings: Settings) -> _Found:
    register = load_register(data_dir / "register.csv")
    hours = settings.project.hours_from_utc
    times = load_received(data_dir / "received.csv", hours)
    files = arrivals(data_dir / "inbox", times, register.received, hours)
    known = {(sha, name.removeprefix("imports/")): time for (sha, name), time in register.received.items()}
    sent = times | {name.removeprefix("imports/"): time for name, time in times.items()}
    imports = arrivals(data_dir / "imports", sent, known, hours)
    imports = [arrival for arrival in imports if arrival.path.suffix.lower() in (".csv", ".xlsx", ".ods", ".parquet")]
    spec = spec_of(settings, load_older_forms(settings.folder))
    code = memory.code_digest()
    schools_file = data_dir / "schools.csv"
    mark = memory.fingerprint(code, settings, spec, schools_file, files, imports)
    schools = load_schools(schools_file)
    check_groups(schools, (group.code for group in settings.project.groups))
    return _Found(schools, register, spec, files, imports, code, mark)


def _read(data_dir: Path, found: _Found, jobs: int, progress: Progress | None) -> memory.Readings:
    """Readings of every file in the inbox by hash, new ones read now."""
    known = memory.load_readings(data_dir / memory.READINGS, memory.spec_digest(found.spec, found.code))
    wanted = {arrival.sha256: arrival.path for arrival in found.files}
    new = {sha: path for sha, path in wanted.items() if sha not in known}
    fresh = read_files(new, found.spec, jobs, progress)
    return {sha: known[sha] if sha in known else fresh[sha] for sha in wanted}


def _accept(found: _Found, readings: memory.Readings, settings: Settings) -> tuple[Acceptance, pd.DataFrame]:
    """What is in force, and what arrived by imports."""
    submissions = [
        assign(arrival, Reading.from_json(readings[arrival.sha256]), found.schools, settings) for arrival in found.files
    ]
    imported = read_imports(found.imports, found.schools, settings, found.spec)
    present = {(file.sha256, file.name) for file in found.files}
    present |= {(file.sha256, f"imports/{file.name}") for file in found.imports}
    gone = found.register.vanished(present)
    told = [*imported.findings, *vanished_findings(gone, {name for _, name in present})]
    accepted = accept(submissions, imported.values, told, found.register, gone, settings)
    return accepted, imported.arrived


def _result(
    found: _Found, accepted: Acceptance, arrived: pd.DataFrame, settings: Settings
) -> tuple[list[dict[str, str]], IntakeResult]:
    """The register's new rows, and the tables as they will be saved."""
    rows = new_rows(found.register, accepted.submissions, found.imports, accepted.findings)
    register = Register((*found.register.rows, *rows))
    return rows, IntakeResult(
        observations(accepted.values, settings),
        accepted.findings,
        current_register(
            register,
            accepted.submissions,
            accepted.findings,
            imported_rows(arrived, found.imports, accepted.findings, settings),
        ),
        activities(accepted.submissions, settings),
    )


def _save(
    data_dir: Path,
    found: _Found,
    readings: memory.Readings,
    rows: list[dict[str, str]],
    result: IntakeResult,
    settings: Settings,
) -> None:
    contents = {f"accepted/{name}.parquet": parquet_bytes(getattr(result, name)) for name in TABLES}
    contents[memory.READINGS] = memory.readings_bytes(readings, memory.spec_digest(found.spec, found.code))
    state = memory.state_bytes(found.fingerprint, contents)
    registered = appended(data_dir / "register.csv", rows)
    if registered is not None:
        contents["register.csv"] = registered
    protocols = protocol_files(result.findings, found.schools, settings, is_demo=(data_dir / "DEMO").exists())
    contents[memory.STATE] = state
    written = (path.relative_to(data_dir).as_posix() for path in (data_dir / "protocols").glob("*/protocol_*.*"))
    save_together(data_dir, contents | protocols, [name for name in written if name not in protocols])


def _saved(data_dir: Path) -> bool:
    return all((data_dir / "accepted" / f"{name}.parquet").exists() for name in TABLES)


def _load(data_dir: Path) -> IntakeResult:
    return IntakeResult(**{name: pd.read_parquet(data_dir / "accepted" / f"{name}.parquet") for name in TABLES})


def load_accepted(data_dir: Path) -> IntakeResult:
    """The tables of the last intake; the keys of observations as categories. Raises IntakeError when there was none."""
    recover(data_dir)
    if not _saved(data_dir):
        raise IntakeError(f"В папке {data_dir} ещё нет принятых данных. Выполните make intake.")
    accepted = _load(data_dir)
    keys = dict.fromkeys(("school_id", "period", "measure"), "category")  # looked up for every period anew
    return replace(accepted, observations=accepted.observations.astype(keys))


def previous_values(data_dir: Path, month: Period) -> Mapping[str, dict[str, float]]:
    """School → «sheet.code» → the value accepted for the period before, to be shown beside the cells of a form."""
    if not _saved(data_dir):
        return {}
    accepted = pd.read_parquet(data_dir / "accepted" / "observations.parquet")
    known = accepted[accepted["value"].notna()]
    previous: dict[str, dict[str, float]] = {}
    for sheet in MEASURE_SHEETS:
        before = _before(sheet_period(sheet, month), sheet)
        for row in known[known["period"] == before.key].itertuples(index=False):
            previous.setdefault(row.school_id, {})[f"{sheet}.{row.measure}"] = row.value
    return previous


def _before(covered: Period, sheet: str) -> Period:
    """The period last reported on a sheet."""
    if covered.kind == "year" or sheet == "year":
        return covered.year_before()
    year, number = covered.year, covered.number
    if covered.kind == "half":
        return parse_period(f"{year}H1" if number == 2 else f"{year - 1}H2", covered.rules)
    key = f"{year}-{number - 1:02d}" if number > 1 else f"{year - 1}-12"
    return parse_period(key, covered.rules)
