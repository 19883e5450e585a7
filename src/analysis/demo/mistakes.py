"""The mistakes planted in the inbox: a sample of what schools really send, each at a known place.

``row`` is the row of the table of bad inputs in the domain notes (0: not in it). A mistake is either a value written
into one cell, or a named change of the whole file (:mod:`analysis.demo.edits`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

NBSP = "\N{NO-BREAK SPACE}"
Cells = Mapping[str, float]  # «sheet.measure»: true value
Written = Callable[[Cells], object]


@dataclass(frozen=True)
class Mistake:
    """One planted error. ``sheet`` and ``measure`` name the cell (empty: the whole file)."""

    kind: str
    row: int
    school_id: str
    month: str
    sheet: str = ""
    measure: str = ""
    written: object | Written = None  # in the cell; a function gets the form's true values
    edit: str = ""
    corrected_after: int | None = None  # days until an «уточнённая» form without the mistake
    noticed_later: bool = False  # the first file reads well; the second one raises the question

    @property
    def cell(self) -> str:
        """The cell by name: «month.tested»; empty when the mistake is not in one cell."""
        return f"{self.sheet}.{self.measure}" if self.measure else ""

    def value(self, cells: Cells) -> object:
        """What stands in the cell instead of the true value."""
        return self.written(cells) if callable(self.written) else self.written


def _fill_in(text: str, cell: str, cells: Cells) -> object:
    return text.format(int(cells[cell]))


def _add(more: int, cell: str, cells: Cells) -> object:
    return int(cells[cell]) + more


def _reduce(share: float, cell: str, cells: Cells) -> object:
    return int(cells[cell] * share)


def _as_text(cell: str, text: str) -> Written:
    return partial(_fill_in, text, cell)


def _plus(cell: str, more: int) -> Written:
    return partial(_add, more, cell)


def _share(cell: str, share: float) -> Written:
    return partial(_reduce, share, cell)


MISTAKES = (
    # Texts where a number belongs.
    Mistake("zero_in_words", 1, "s101", "2022-02", "month", "pubs", "нет"),
    Mistake("zero_with_unit", 1, "s144", "2021-11", "month", "pubs", "0 ед."),
    Mistake("dash", 2, "s115", "2022-04", "month", "exc_online", "–"),
    Mistake("empty_cell", 3, "s119", "2022-05", "month", "par", None),
    Mistake("number_with_unit", 4, "s103", "2022-06", "month", "tested", _as_text("month.tested", "{} чел.")),
    Mistake("fraction", 5, "s127", "2022-03", "month", "events", "12,5"),
    Mistake("spaces", 6, "s122", "2022-02", "month", "covered", _as_text("month.covered", f" {{}}{NBSP}")),
    Mistake("percent", 7, "s131", "2022-05", "month", "bvb", "45 %"),
    Mistake("approximate", 8, "s105", "2022-04", "month", "events", "около 20"),
    Mistake("sum_as_text", 9, "s116", "2022-02", "month", "events", "7+8"),
    Mistake("formula_error", 10, "s109", "2022-05", "month", "probes", edit="formula_error"),
    Mistake("date_for_number", 11, "s120", "2022-01", "month", "events", edit="date_cell"),
    Mistake("yes_in_other_words", 37, "s142", "2022-06", "half", "plan", "имеется"),
    Mistake("order_for_yes", 37, "s147", "2022-06", "half", "plan", "приказ № 5"),
    # Numbers that cannot be.
    Mistake("negative", 31, "s102", "2021-10", "month", "events", -3),
    Mistake("phone_number", 31, "s135", "2022-05", "month", "pubs", 4722123456),
    Mistake("more_than_enrolled", 30, "s134", "2022-06", "month", "tested", _plus("month.N5_11", 12), "", 2),
    Mistake("more_winners", 30, "s145", "2021-12", "half", "ws_win", _plus("half.ws_part", 2)),
    Mistake("increment_for_total", 29, "s140", "2022-04", "month", "proekt", _share("month.proekt", 0.12)),
    Mistake("half_not_sum", 0, "s117", "2022-06", "half", "events", _plus("half.events", -6)),
    # The file around the numbers.
    Mistake("other_month_in_name", 13, "s138", "2022-04", edit="named_month_before"),
    Mistake("year_before_in_header", 14, "s112", "2022-03", "passport", "period_text", edit="year_before"),
    Mistake("inserted_row", 16, "s125", "2022-04", "month", "bvb", edit="inserted_row"),
    Mistake("renamed_row", 17, "s114", "2022-01", "month", "tested", edit="renamed_row"),
    Mistake("second_sheet", 19, "s129", "2022-05", "month", edit="second_sheet"),
    Mistake("hidden_rows", 20, "s110", "2022-04", "month", edit="hidden_rows"),
    Mistake("total_row", 21, "s118", "2022-02", "month", edit="total_row"),
    Mistake("revised", 23, "s106", "2022-05", "month", "tested", _share("month.tested", 0.99), "", 1, True),
    Mistake("second_version_unmarked", 23, "s121", "2022-02", edit="second_version", noticed_later=True),
    Mistake("values_of_another_school", 24, "s132", "2022-01", edit="copy_of_other"),
    Mistake("name_variant", 25, "s139", "2022-03", "passport", "school_name", edit="name_variant"),
    Mistake("number_only", 26, "s137", "2022-03", "passport", "school_name", edit="number_only"),
    Mistake("unknown_school", 27, "s149", "2022-05", edit="unknown_school"),
    Mistake("scan", 34, "s108", "2022-01", edit="scan"),
    Mistake("damaged_file", 35, "s111", "2022-04", edit="damaged", corrected_after=5),
    Mistake("surnames", 36, "s104", "2022-05", "month", "exc_online", "Иванов П., Сидорова А."),
)  # fmt: skip

COPIED_SCHOOL = "s130"  # whose numbers school s132 sends as its own
SETTLED = {(mistake.school_id, mistake.month) for mistake in MISTAKES} | {(COPIED_SCHOOL, "2022-01")}


def mistake_in(school_id: str, month: str) -> Mistake | None:
    """The mistake planted in a school's form of a month; at most one."""
    return next((m for m in MISTAKES if (m.school_id, m.month) == (school_id, month)), None)
