"""The checks of params between values, each over the whole table at once.

A check gets the table of :func:`analysis.intake.values.values_table` (rows in force) and returns hits: one row per
finding with ``row`` (label in the table), ``found``, ``expected``, ``action`` and ``reject`` (other rows it rejects).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from analysis.intake.checks_series import (
    check_contingents,
    check_cumulative_flow,
    check_jump,
    check_monotone,
    check_same,
)
from analysis.intake.checks_shares import check_exact_hundred, check_zero_contingent
from analysis.intake.checks_sums import check_reconcile
from analysis.intake.form_checks import split_rule
from analysis.intake.hits import Hits, make_hits, number_text
from analysis.intake.layout import MEASURE_SHEETS
from analysis.intake.side_by_side import Floats, SideBySide
from analysis.settings import Check, Settings

CheckFunction = Callable[[pd.DataFrame, Check, Settings], Hits]


def check_at_most(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """Parts may not exceed the whole: rules like «N9 + N10_11 <= N8_11», within one form.

    A measure is taken from the rule's own sheet, else from another sheet of the same form. The part is rejected, not
    the whole: which of the two is wrong only the school knows.
    """
    codes = {code for rule in check.rules for parts, whole in [split_rule(rule)] for code in (*parts, whole)}
    given = values[values["measure"].isin(codes) & values["value"].notna()]
    forms = SideBySide.of(given, ["school_id", "form", "copy"], ["level", "measure"])
    hits: list[Hits] = []
    for rule in check.rules:
        parts, whole = split_rule(rule)
        for level in MEASURE_SHEETS:
            if (level, parts[0]) in forms.values:
                hits += _rule_hits(forms, level, parts, whole, check, settings)
    return pd.concat(hits, ignore_index=True) if hits else make_hits()


def _take(forms: SideBySide, level: str, code: str) -> Floats:
    """The measure at a level, filled from the other sheets of the same form."""
    return forms.filled(tuple((place, code) for place in (level, *(one for one in MEASURE_SHEETS if one != level))))


def _rule_hits(
    forms: SideBySide, level: str, parts: tuple[str, ...], whole: str, check: Check, settings: Settings
) -> list[Hits]:
    """The hits of one rule on one sheet; no frame at all when everything holds."""
    left = sum((_take(forms, level, part) for part in parts[1:]), _take(forms, level, parts[0]))
    right = _take(forms, level, whole)
    bad = (left > right) & ~np.isnan(forms.values[level, parts[0]])
    if not bad.any():
        return []
    rows = [forms.rows[level, part][bad] for part in parts if (level, part) in forms.rows]
    name = settings.measure(whole).name
    hits = make_hits(
        row=rows[0].astype("int64").tolist(),
        found=[
            f"{number_text(part)}, а «{name}» – {number_text(total)}"
            for part, total in zip(left[bad], right[bad], strict=True)
        ],
        expected=[f"не больше, чем «{name}»" if len(parts) == 1 else check.text[:1].lower() + check.text[1:]]
        * bad.sum(),
        action=[f"{check.text}: проверьте оба числа"] * bad.sum(),
        reject=[[int(row) for row in together if row == row] for together in zip(*rows, strict=True)],
    )
    return [hits]


def check_zero_mismatch(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """«events ~ covered»: events none although the covered number grew, or events held and nobody ever covered."""
    hits = []
    monthly = values[values["level"] == "month"]
    for rule in check.rules:
        flow, total = (part.strip() for part in rule.split("~"))
        wide = monthly[monthly["measure"].isin([flow, total])].pivot_table(
            index=["school_id", "month"], columns="measure", values="value", aggfunc="first"
        )
        if {flow, total} <= set(wide.columns):
            hits.append(_mismatch(monthly, wide, flow, total, check, settings))
    return pd.concat(hits, ignore_index=True) if hits else make_hits()


def _mismatch(
    monthly: pd.DataFrame, wide: pd.DataFrame, flow: str, total: str, check: Check, settings: Settings
) -> Hits:
    before = wide[total].rename(lambda month: month + 1, level="month").reindex(wide.index)
    starts = wide.index.get_level_values("month") % 12 == (reset_month(settings) or 1) - 1
    grown = wide[total] - before.where(~starts, 0.0)
    none_but_covered = (wide[flow] == 0) & (grown > 0)
    held_but_nobody = (wide[flow] > 0) & (wide[total] == 0)
    bad = wide[none_but_covered | held_but_nobody]
    flows = monthly[monthly["measure"] == flow].reset_index().set_index(["school_id", "month"])["index"]
    names = settings.measure(flow).name, settings.measure(total).name
    return make_hits(
        row=flows.reindex(bad.index).to_numpy(dtype="int64"),
        found=[
            f"«{names[0]}» – {number_text(a)}, «{names[1]}» – {number_text(b)}"
            for a, b in zip(bad[flow], bad[total], strict=True)
        ],
        expected=["оба числа равны нулю или оба больше нуля"] * len(bad),
        action=[f"{check.text}: уточните числа"] * len(bad),
    )


def reset_month(settings: Settings) -> int | None:
    """The month from which cumulative values start anew."""
    return next((check.reset_month for check in settings.checks if check.kind == "monotone"), None)


FUNCTIONS: Mapping[str, CheckFunction] = {
    "at_most": check_at_most,
    "monotone": check_monotone,
    "reconcile": check_reconcile,
    "zero_mismatch": check_zero_mismatch,
    "exact_hundred": check_exact_hundred,
    "same_as_last_month": check_same,
    "jump": check_jump,
    "contingent_change": check_contingents,
    "zero_contingent": check_zero_contingent,
}  # «count» is settled cell by cell, when a cell is read
CUMULATIVE_FLOW = Check(code="B28", severity="query", kind="count", text="Похоже на нарастающий итог")


def run_checks(values: pd.DataFrame, settings: Settings) -> tuple[pd.DataFrame, Hits]:
    """All checks in the order of params; errors take their values back before the next check.

    Returns the table with rejected values missing, and all hits with ``rule`` and ``severity``.
    """
    found: list[Hits] = []
    plan = [(check, FUNCTIONS[check.kind]) for check in settings.checks if check.kind in FUNCTIONS]
    for check, function in [*plan, (CUMULATIVE_FLOW, check_cumulative_flow)]:
        hits = function(values, check, settings)
        if hits.empty:
            continue
        found.append(hits.assign(rule=check.code, severity=check.severity))
        if check.severity == "error":
            rejected = sorted({row for rows in hits["reject"] for row in rows} | set(hits["row"]))
            values = values.assign(value=values["value"].where(~values.index.isin(rejected)))
    columns = make_hits().assign(rule="", severity="")
    return values, pd.concat(found, ignore_index=True) if found else columns
