"""The charts of a finished period for Python: which rows each gets; :mod:`analysis.report.charts` draws."""

from __future__ import annotations

from analysis import explore_views as views
from analysis.report import charts
from analysis.report.charts import Chart
from analysis.report.opening import PeriodReport
from analysis.report.sections import funnel, levels, pictures
from analysis.workspace import RequestError, Workspace

LEVELS = "Школы по уровню достижения показателей"
PLACES = "Места в группах с учётом случайных колебаний"


class Plots:
    """``period.plot``: every method gives a :class:`Chart` that a notebook shows; ``chart.svg`` is the file's text."""

    def __init__(self, report: PeriodReport, space: Workspace) -> None:
        """``report`` holds the tables of the working edition."""
        self._report, self._space = report, space

    def trend(self, indicator: str, unit: str = views.CITY) -> Chart:
        """An indicator month by month: of the city, a group or a school."""
        self._check(indicator, unit)
        return views.trend(self._report, indicator, views.months_of_unit(self._report, self._space, unit))

    def distribution(self, indicator: str) -> Chart:
        """The schools' values within their groups."""
        self._check(indicator)
        return views.spread(self._report, indicator)

    def schools(self, indicator: str, group: str, school: str = "") -> Chart:
        """The schools of a group on one indicator with target and median; ``school`` is named in the caption."""
        self._check(indicator, group)
        return views.among_group(self._report, indicator, group, school)

    def funnel(self, indicator: str) -> Chart:
        """Schools against the city's value, by size: which differ more than chance would have them."""
        self._check(indicator)
        return funnel.picture_of(self._report, indicator)

    def targets(self) -> Chart:
        """The city's values and targets."""
        return pictures.targets(self._report)

    def changes(self) -> Chart | None:
        """The city's values in the comparison period and now."""
        return pictures.slope(self._report)

    def groups(self) -> Chart:
        """Attainment of targets: groups and indicators."""
        return pictures.group_heat(self._report)

    def levels(self) -> Chart:
        """Number of schools by level of attainment in each group."""
        return charts.levels_bar(self._report.rankings, pictures.labels(self._report), caption=LEVELS)

    def places(self) -> Chart:
        """Scores of the schools with intervals of places."""
        rows = levels.ranked_rows(self._report)
        return charts.caterpillar(rows, pictures.labels(self._report), caption=PLACES)

    def submissions(self) -> Chart | None:
        """Schools and months: how each form arrived."""
        return pictures.submissions(self._report)

    def roadmap(self) -> Chart | None:
        """Share of schools by status of each activity."""
        return pictures.roadmap(self._report)

    def _check(self, indicator: str, unit: str = views.CITY) -> None:
        known = [found.code for found in self._report.settings.indicators]
        if indicator not in known:
            raise RequestError(f"Показателя «{indicator}» нет. Есть: {', '.join(known)}.")
        units = [views.CITY, *self._report.group_labels, *self._report.school_names]
        if unit not in units:
            raise RequestError(f"«{unit}» – не город, не группа и не школа. Есть: {', '.join(units)}.")
