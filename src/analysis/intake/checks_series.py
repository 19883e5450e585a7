"""Checks along time: a school's values against its own earlier ones."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.intake.hits import Hits, make_hits, number_text
from analysis.intake.values import school_year
from analysis.settings import Check, Settings

_LEAST_PEOPLE = 5  # smaller changes of a number are everyday life
_LEAST_POINTS = 5  # of a share, per 100
_LEAST_SCHOOLS = 8  # fewer changes give no quartiles worth comparing with
_LEAST_MONTHS = 4  # so many growing months in a row look cumulative
_SERIES = ["school_id", "level", "measure"]


def _reset(settings: Settings) -> int | None:
    return next((check.reset_month for check in settings.checks if check.kind == "monotone"), None)


def _with_previous(values: pd.DataFrame, settings: Settings, within_year: bool = True) -> pd.DataFrame:
    """Known values in time order with the one before in the same series (and school year)."""
    known = values[values["value"].notna()].sort_values([*_SERIES, "month"], kind="stable")
    known = known.assign(year=school_year(known["month"], _reset(settings)))
    keys = [*_SERIES, "year"] if within_year else _SERIES
    grouped = known.groupby(keys, sort=False)
    return known.assign(before=grouped["value"].shift(), month_before=grouped["month"].shift())


def check_monotone(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """Cumulative values may not fall between resets; compared with the highest one accepted before."""
    known = _with_previous(values[values["type"] == "C"], settings)
    highest = known.groupby([*_SERIES, "year"], sort=False)["value"].cummax()
    top = highest.groupby([known[key] for key in [*_SERIES, "year"]], sort=False).shift()
    bad = known[known["value"] < top]
    return make_hits(
        row=bad.index,
        found=[
            f"{number_text(value)}, а в прошлом отчёте было {number_text(before)}"
            for value, before in zip(bad["value"], top[bad.index], strict=True)
        ],
        expected=["число не меньше, чем в прошлом отчёте"] * len(bad),
        action=[f"{check.text}: укажите число с 1 сентября, а не прирост за месяц"] * len(bad),
    )


def check_same(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """A month's form that repeats the month before in every number, although something happened."""
    monthly = values[(values["level"] == "month") & ~values["zero_report"].astype(bool)]
    known = _with_previous(monthly, settings, within_year=False)
    known = known.assign(
        same=(known["value"] == known["before"]) & (known["month_before"] == known["month"] - 1),
        flow=known["value"].where(known["type"] == "F", 0),
    )
    forms = known.groupby(["school_id", "month"], sort=False)
    summary = forms.agg(
        same=("same", "all"), flow=("flow", "sum"), n=("value", "size"), row=("cell", lambda c: c.index[0])
    )
    bad = summary[summary["same"] & (summary["flow"] > 0) & (summary["n"] > 2)]
    return make_hits(
        row=bad["row"],
        found=["все числа как в прошлом месяце"] * len(bad),
        expected=["числа за этот месяц"] * len(bad),
        action=[f"{check.text}: подтвердите или исправьте"] * len(bad),
        whole_form=True,
    )


def check_contingents(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """Numbers of pupils and teachers that changed by more than ``threshold`` percent within a school year."""
    known = _with_previous(values[values["measure"].isin(check.measures)], settings)
    change = (known["value"] - known["before"]).abs()
    limit = (check.threshold or 0) / 100 * known["before"]
    bad = known[(change > limit) & (change >= _LEAST_PEOPLE) & (known["before"] > 0)]
    return make_hits(
        row=bad.index,
        found=[
            f"{number_text(value)}, было {number_text(before)}"
            for value, before in zip(bad["value"], bad["before"], strict=True)
        ],
        expected=[f"изменение не более {number_text(check.threshold or 0)}\N{NO-BREAK SPACE}%"] * len(bad),
        action=[f"{check.text}: подтвердите или исправьте"] * len(bad),
    )


def check_jump(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """A month's change far from the group's usual one: |change − median| > ``threshold`` × interquartile range.

    Changes are per 100 of the indicator's denominator, so that large and small schools compare.
    """
    monthly = values[values["level"] == "month"]
    if monthly["school_id"].nunique() < _LEAST_SCHOOLS:
        return make_hits()
    bases = {
        indicator.numerator[0]: indicator.denominator
        for indicator in settings.indicators
        if indicator.denominator and len(indicator.numerator) == 1 and not indicator.informational
    }
    known = _with_previous(_rates(monthly, bases), settings)
    known = known[known["month_before"] == known["month"] - 1]
    known = known.assign(change=known["value"] - known["before"])
    groups = known.groupby(["measure", "group", "month"], sort=False)["change"]
    median = groups.transform("median")
    spread = groups.transform("quantile", 0.75) - groups.transform("quantile", 0.25)
    distance = (known["change"] - median).abs()
    matters = (distance >= _LEAST_POINTS) & (distance * known["base"] / 100 >= _LEAST_PEOPLE)
    far = distance > (check.threshold or 3) * spread
    bad = known[far & matters & (spread > 0) & (groups.transform("size") >= _LEAST_SCHOOLS)]
    return make_hits(
        row=bad.index,
        found=[
            f"{number_text(count)}: за месяц {_signed(change)}\N{NO-BREAK SPACE}п.п., обычно по группе {_signed(usual)}"
            for count, change, usual in zip(bad["count"], bad["change"], median[bad.index], strict=True)
        ],
        expected=["изменение, обычное для школ группы"] * len(bad),
        action=[f"{check.text}: подтвердите или исправьте"] * len(bad),
    )


def _rates(monthly: pd.DataFrame, bases: Mapping[str, str]) -> pd.DataFrame:
    """Monthly values of the measures in ``bases`` per 100 of their denominators; ``count`` is the value itself."""
    known = monthly[monthly["value"] > 0].drop_duplicates(["school_id", "month", "measure"])
    base = known.set_index(["school_id", "month", "measure"])["value"]
    part = monthly[monthly["measure"].isin(bases)]
    places = pd.MultiIndex.from_arrays([part["school_id"], part["month"], part["measure"].map(bases)])
    whole = base.reindex(places).to_numpy()
    return part.assign(count=part["value"], base=whole, value=100 * part["value"] / whole)


def _signed(value: float) -> str:
    return f"{value:+.1f}".replace(".", ",").replace("-", "\N{MINUS SIGN}")


def check_cumulative_flow(values: pd.DataFrame, check: Check, settings: Settings) -> Hits:
    """Months of a flow that never fall and end at the half-year's total: a running total in a monthly field."""
    flows = values[(values["type"] == "F") & values["value"].notna()]
    months = flows[flows["level"] == "month"].sort_values([*_SERIES, "month"], kind="stable")
    if months.empty:
        return make_hits()
    keys = ["school_id", "measure", "half"]
    months = months.assign(half=months["month"] // 6)
    step = months.groupby(keys, sort=False)["value"].diff()
    months = months.assign(falls=step < 0, grows=step > 0)
    series = months.groupby(keys, sort=False).agg(
        falls=("falls", "sum"), grows=("grows", "sum"), n=("value", "size"),
        last=("value", "last"), total=("value", "sum"), row=("cell", lambda c: c.index[-1]),
    )  # fmt: skip
    halves = flows[flows["level"] == "half"].assign(half=lambda frame: frame["month"] // 6)
    given = halves.drop_duplicates(keys).set_index(keys)["value"].reindex(series.index)
    growing = (series["falls"] == 0) & (series["n"] >= _LEAST_MONTHS)
    ends_at_total = growing & (series["grows"] >= 2) & (given == series["last"]) & (series["total"] > series["last"])
    only_grows = growing & given.isna() & (series["grows"] >= _LEAST_MONTHS) & (series["n"] >= _LEAST_MONTHS + 1)
    bad = series[ends_at_total | only_grows]
    return make_hits(
        row=bad["row"],
        found=[f"{number_text(value)}: числа растут каждый месяц" for value in bad["last"]],
        expected=["число только за этот месяц"] * len(bad),
        action=["Похоже на нарастающий итог: подтвердите или укажите числа за каждый месяц"] * len(bad),
    )
