"""What intake hands on: accepted values and the state of activities, in the columns of the contract."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
import pandera.pandas as pa

from analysis.intake.submission import Submission
from analysis.settings import Settings

COLUMNS = ["school_id", "period", "measure", "value", "source_file", "source_cell", "version", "received_at"]
NEEDED = [
    "school_id", "period", "measure", "value", "sheet_name", "cell", "file", "version", "received_at",
]  # fmt: skip
ACTIVITY_COLUMNS = ["school_id", "period", "activity", "status", "n_events", "evidence"]
_DECEMBER = 12


def observations_schema(settings: Settings) -> pa.DataFrameSchema:
    """The promises of the accepted table: known measures, unique keys, no negative value, whole counts."""
    whole = [check for check in settings.checks if check.kind == "count"]
    counts = {m.code for m in settings.measures if any(not c.measures or m.code in c.measures for c in whole)}
    return pa.DataFrameSchema(
        {
            "school_id": pa.Column(str),
            "period": pa.Column(str, pa.Check.str_matches(r"^\d{4}(-\d{2}|H[12])?$")),
            "measure": pa.Column(str, pa.Check.isin({m.code for m in settings.measures})),
            "value": pa.Column(float, pa.Check.ge(0), nullable=True),
            "source_file": pa.Column(str),
            "source_cell": pa.Column(str),
            "version": pa.Column(int, pa.Check.ge(1)),
            "received_at": pa.Column(str),
        },
        checks=pa.Check(
            lambda frame: ~(frame["measure"].isin(counts) & (frame["value"] % 1 > 0)), name="counts_are_whole"
        ),
        unique=["school_id", "period", "measure"],
        strict=True,
        ordered=True,
    )


def observations(values: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """One row per asked value in force; NaN = not reported or not accepted. Validated."""
    cells = values["sheet_name"].where(values["sheet_name"] == "", values["sheet_name"] + "!") + values["cell"]
    frame = values.assign(source_file=values["file"], source_cell=cells)[COLUMNS]
    text = dict.fromkeys(("school_id", "period", "measure", "source_file", "source_cell", "received_at"), "str")
    frame = frame.astype({**text, "value": "float64", "version": "int64"})
    frame = frame.sort_values(["school_id", "period", "measure"], kind="stable").reset_index(drop=True)
    return observations_schema(settings).validate(frame)


def early_activities(submission: Submission, settings: Settings) -> list[str]:
    """Activities of the summer that a form gives although it is not December's."""
    if submission.period is None or submission.period.number == _DECEMBER:
        return []
    december = {activity.code for activity in settings.activities if activity.reported_in == "december"}
    return [entry.code for entry in submission.reading.activities if entry.code in december]


def activities(submissions: Iterable[Submission], settings: Settings) -> pd.DataFrame:
    """One row per school, form and activity that was filled; ``period`` is the form's month.

    Activities of the summer (``reported_in: december``) are taken from December forms only.
    """
    rows = [
        (*submission.key, entry.code, entry.status, entry.n_events, entry.evidence)
        for submission in submissions
        if submission.in_force
        for early in [early_activities(submission, settings)]
        for entry in submission.reading.activities
        if entry.code not in early
    ]
    frame = pd.DataFrame(rows, columns=ACTIVITY_COLUMNS)
    text = dict.fromkeys(("school_id", "period", "activity", "status", "evidence"), "str")
    frame = frame.astype({**text, "n_events": "float64"})
    return frame.sort_values(["school_id", "period", "activity"], kind="stable").reset_index(drop=True)
