"""What each report and card is made of: its tables under its edition's rules, prepared once, known by a hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis.measures.disclosure_verdicts import forget
from analysis.periods import Period
from analysis.report.opening import Edition, PeriodReport, of_others, report_of
from analysis.report.prepared import report_to_bytes
from analysis.settings import Settings
from analysis.tablestore import load_tables

Others = Mapping[str, pd.DataFrame]


@dataclass(frozen=True)
class Slice:
    """One report's own part of the tables: a file with it, and the hash of what it holds."""

    name: str
    path: Path
    digest: str


def prepare_slices(
    tables: Path,
    settings: Settings,
    period: Period,
    baseline: Period,
    wanted: Sequence[tuple[str, Edition, str]],
    demo: bool,
    folder: Path,
    others: Others | None = None,
    for_cards: bool = False,
) -> tuple[list[Slice], Others | None]:
    """Write the slice of every (name, edition, school) wanted into ``folder``.

    others: what cards may say of other schools. It is given back, made first if cards are wanted here or elsewhere
    (``for_cards``). The meeting's, the public edition and all cards rest on the same decisions, which take longest: made
    by one call, they are made once.
    """
    everything = load_tables(tables)
    try:
        if others is None and (for_cards or any(edition == "card" for _, edition, _ in wanted)):
            others = of_others(everything, settings)
        slices = []
        for name, edition, school in wanted:
            report = report_of(everything, settings, period, baseline, edition, school, demo=demo, others=others)
            path = folder / f"{edition}-{school}"
            path.write_bytes(report_to_bytes(report))
            slices.append(Slice(name, path, digest_of(report)))
        return slices, others
    finally:
        forget()


def digest_of(report: PeriodReport) -> str:
    """The hash of a report's tables and identity; not of its settings, which stand in files of their own."""
    digest = hashlib.sha256()
    digest.update(repr((report.period, report.baseline, report.edition, report.school, report.demo)).encode())
    for name, frame in sorted(report.tables.items()):
        digest.update(f"\n{name}\n{[(str(column), str(kind)) for column, kind in frame.dtypes.items()]}\n".encode())
        digest.update(_text(frame).encode())
    return digest.hexdigest()


def _text(frame: pd.DataFrame) -> str:
    """A table as text in which different values differ: numbers in full, None and NaN and the text of either apart."""
    columns = (list(map(repr, frame[column].tolist())) for column in frame.columns)
    return "\n".join(map("\t".join, zip(*columns, strict=True)))
