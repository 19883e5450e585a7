"""The register of what arrived: rows are only ever added. One row per file as it first came."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.files import reason_of
from analysis.intake.findings import Finding, make_finding
from analysis.intake.inbox import Arrival
from analysis.intake.submission import Submission, days_late
from analysis.intake.versions import content
from analysis.settings import Settings

COLUMNS = [
    "received_at", "file_sha256", "file_name", "school_id", "period", "version", "status", "days_late", "findings",
]  # fmt: skip
STATUSES = ("on_time", "late", "recalculated", "returned", "duplicate", "pending", "unidentified", "imported")
_COUNTS = {"n_errors": "error", "n_queries": "query"}
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class RegisterError(ValueError):
    """register.csv cannot be read; the message is Russian."""


@dataclass(frozen=True)
class Register:
    """The rows on disk, as text, and where files and versions are found in them."""

    rows: tuple[dict[str, str], ...] = ()

    @property
    def received(self) -> dict[tuple[str, str], str]:
        """(hash, name) → registered time of arrival."""
        return {(row["file_sha256"], row["file_name"]): row["received_at"] for row in self.rows}

    @property
    def versions(self) -> dict[tuple[str, str], int]:
        """(hash, name) → registered version, where one was given."""
        return {(r["file_sha256"], r["file_name"]): int(r["version"]) for r in self.rows if r["version"].isdigit()}

    @property
    def last_versions(self) -> dict[tuple[str, str], int]:
        """(school, month) → the highest version given, whatever became of its file."""
        last: dict[tuple[str, str], int] = {}
        for row in self.rows:
            if row["version"].isdigit():
                key = row["school_id"], row["period"]
                last[key] = max(last.get(key, 0), int(row["version"]))
        return last

    def vanished(self, present: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
        """Rows whose content is no longer there under any name; ``present`` are (hash, name) as registered."""
        contents = {sha for sha, _ in present}
        return [row for row in self.rows if row["file_sha256"] not in contents]


def load_register(path: Path) -> Register:
    """Read register.csv; a missing file is an empty register. Raises RegisterError."""
    if not path.exists():
        return Register()
    try:
        reader = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        rows = [{key: value or "" for key, value in row.items() if key} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "файл повреждён или не в кодировке UTF-8"
        raise RegisterError(f"{path.name}: журнал не читается ({reason}). Восстановите его из копии.") from None
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise RegisterError(f"{path.name}: нет столбца «{missing[0]}». Восстановите журнал из копии.")
    return Register(tuple({**row, "file_name": unescape(row["file_name"])} for row in rows))


def accepted_before(vanished: Iterable[Mapping[str, str]]) -> dict[tuple[str, str], int]:
    """(school, month) → the first version of a vanished file that was accepted when it came."""
    first: dict[tuple[str, str], int] = {}
    for row in vanished:
        if row["status"] in ("on_time", "late", "recalculated"):
            key = row["school_id"], row["period"]
            first[key] = min(first.get(key, int(row["version"])), int(row["version"]))
    return first


def vanished_findings(vanished: Iterable[Mapping[str, str]], names: Collection[str]) -> list[Finding]:
    """A note on every registered file that is gone; ``names`` are there with another content."""
    return [
        make_finding(
            "B50.replaced" if row["file_name"] in names else "B50",
            **{name: row[name] for name in ("school_id", "period", "received_at")},
            file=row["file_name"],
        )
        for row in vanished
    ]


def escape(text: str) -> str:
    """Text that Excel would take for a formula gets an apostrophe in front."""
    return f"'{text}" if text.startswith((*_FORMULA_STARTS, "'")) else text


def unescape(text: str) -> str:
    """The text before :func:`escape`."""
    return text[1:] if text.startswith("'") else text


def new_rows(
    register: Register, submissions: Iterable[Submission], imports: Iterable[Arrival], findings: pd.DataFrame
) -> list[dict[str, str]]:
    """Rows for files that are not registered yet, in order of arrival."""
    known = set(register.received)
    counts = findings[findings["severity"] != "note"].groupby("file").size()
    errors = set(findings.loc[findings["severity"] == "error", "file"])
    rows = [
        _row(s.arrival, s.arrival.name, counts, _status(s, s.arrival.name in errors), s)
        for s in submissions
        if (s.arrival.sha256, s.arrival.name) not in known
    ]
    for arrival in imports:
        name = f"imports/{arrival.name}"
        if (arrival.sha256, name) not in known:
            rows.append(_row(arrival, name, counts, "imported", None))
    return sorted(rows, key=lambda row: (row["received_at"], row["file_name"]))


def _row(
    arrival: Arrival, name: str, counts: Mapping[str, int], status: str, submission: Submission | None
) -> dict[str, str]:
    school_id, period = submission.key if submission else ("", "")
    late = days_late(arrival.received_at, submission.period) if submission and submission.period else 0
    version = str(submission.version) if submission and submission.version else ""
    values = (arrival.received_at, arrival.sha256, name, school_id, period, version, status, str(late))
    return dict(zip(COLUMNS, (*values, str(counts.get(name, 0))), strict=True))


def _status(submission: Submission, has_errors: bool) -> str:
    """How the file stood when it was first read."""
    if not all(submission.key):
        return "unidentified"
    if not submission.readable or (submission.in_force and has_errors):
        return "returned"
    said = {remark.variant for remark in submission.remarks}
    if "B33" in said:
        return "recalculated"
    if not submission.in_force:
        if "B23.same" in said:
            return "duplicate"
        if said & {"B23", "B13.held"}:
            return "pending"
    assert submission.period is not None
    return "late" if days_late(submission.arrival.received_at, submission.period) else "on_time"


def appended(path: Path, rows: list[dict[str, str]]) -> bytes | None:
    """The register's bytes with rows added after the old bytes; None when there is nothing to add."""
    old = path.read_bytes() if path.exists() else b""
    if not rows and old:
        return None
    buffer = io.StringIO(newline="")
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    if not old:
        writer.writeheader()
    writer.writerows({**row, "file_name": escape(row["file_name"])} for row in rows)
    if old and not old.endswith(b"\n"):
        old += b"\n"
    return old + buffer.getvalue().encode()


def current_register(
    register: Register, submissions: Iterable[Submission], findings: pd.DataFrame, imported: pd.DataFrame
) -> pd.DataFrame:
    """The register with how each file stands now: ``in_force``, ``readable``, ``n_errors``, ``n_queries``.

    ``version`` is an integer (0 = none), ``days_late`` too; one row per registered file, then ``imported``
    (:func:`imported_rows`).
    """
    frame = pd.DataFrame(list(register.rows), columns=COLUMNS, dtype="str")
    for name in ("version", "days_late"):
        frame[name] = pd.to_numeric(frame[name], errors="coerce").fillna(0).astype("int64")
    now = {(s.arrival.sha256, s.arrival.name): s for s in submissions}
    found = [now.get(key) for key in zip(frame["file_sha256"], frame["file_name"], strict=True)]
    frame["in_force"] = [bool(s and s.in_force) for s in found]
    frame["readable"] = [bool(s and s.readable and content(s)) for s in found]
    told_of = [s.repeats if s and s.repeats else name for s, name in zip(found, frame["file_name"], strict=True)]
    for name, severity in _COUNTS.items():
        counts = findings[findings["severity"] == severity].groupby("file").size()
        frame[name] = pd.Series(told_of, index=frame.index, dtype="str").map(counts).fillna(0).astype("int64")
    return pd.concat([frame, imported], ignore_index=True) if len(imported) else frame


def imported_rows(
    arrived: pd.DataFrame, files: Iterable[Arrival], findings: pd.DataFrame, settings: Settings
) -> pd.DataFrame:
    """What imports gave, as rows of the register: one per file, school and period that is due at all.

    ``period`` is the period of the values, not the month of a form; ``version`` is 1, for the values count.
    """
    due = {key: period for key in arrived["period"].unique() if (period := settings.parse_period(key)).first_due}
    rows = arrived[arrived["period"].isin(due)].rename(columns={"file": "file_name"})
    late = [days_late(moment, due[key]) for moment, key in zip(rows["received_at"], rows["period"], strict=True)]
    hashes = {f"imports/{file.name}": file.sha256 for file in files}
    fixed = {"version": 1, "status": "imported", "findings": "0", "in_force": True, "readable": True}
    rows = rows.assign(days_late=late, file_sha256=rows["file_name"].map(hashes), **fixed)
    keys = ["file_name", "school_id", "period"]
    for name, severity in _COUNTS.items():
        told = findings[(findings["severity"] == severity) & (findings["state"] == "open")]
        counts = told.groupby(["file", "school_id", "period"]).size().rename(name).rename_axis(keys)
        rows = rows.join(counts, on=keys).fillna({name: 0}).astype({name: "int64"})
    return rows[[*COLUMNS, "in_force", "readable", *_COUNTS]].sort_values(keys, kind="stable")
