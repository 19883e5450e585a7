"""The controls of explore.ipynb: what is chosen once is shown in every view; the views are in ``explore_views``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from html import escape as escape_html
from typing import Any

import ipywidgets as widgets
import pandas as pd

from analysis import explore_views as views
from analysis.files import write_whole
from analysis.finished import finished_in, made_periods
from analysis.intake.register import escape
from analysis.report.blocks import Paragraph
from analysis.report.charts import Chart
from analysis.report.document import DEMO_STAMP, Document
from analysis.report.opening import PeriodReport
from analysis.report.tables import Table
from analysis.settings import Indicator
from analysis.workspace import RequestError, Workspace, workspace_of_notebook

WIDE = widgets.Layout(width="34em")
STYLE = (  # JupyterLab sets every cell flush right
    "<style>.orientir-view :is(td, th, caption) { text-align: left !important }"
    ".orientir-view .n { text-align: right !important }</style>"
)
TITLE = "Исследование данных"
ALL_SCHOOLS = ("Все школы", "")
HEAVIEST = 3.0


class View(widgets.HTML):
    """A view on the page; an export of the notebook gets what it showed when its cell ran."""

    shown: Chart | Table | Paragraph | None = None

    def show(self, view: Chart | Table | Paragraph) -> None:
        self.shown = view
        self.value = f'<div class="jp-RenderedHTMLCommon orientir-view">{STYLE}{view.html()}</div>'

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return super()._repr_mimebundle_(**kwargs) | (self.shown._repr_mimebundle_() if self.shown else {})


class ControlledView(widgets.HBox):
    """Controls with the view that follows them; in an export the view alone."""

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        return self.children[-1]._repr_mimebundle_(**kwargs) | super()._repr_mimebundle_(**kwargs)


class Controls(widgets.VBox):
    """The choices; in an export they become the document's title and marks."""

    document: Document | None = None

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        about = self.document._repr_mimebundle_() if self.document else {}
        return about | super()._repr_mimebundle_(**kwargs)


class Explorer:
    """Choices (period, group, indicator, school, weights) and the views that follow them.

    Attributes are widgets to be shown in cells of their own: ``controls, trend, spread, among_group, ranking,
    missing, findings, export``. ``shown`` holds what each view shows now, as Chart or Table.
    """

    def __init__(self, period: str, data: str = "") -> None:
        """Open a period that has been made. Raises RequestError when none has."""
        self._filling = False
        self._space, _ = workspace_of_notebook(data, period)
        self._periods = offered_periods(self._space, period)
        self.report = self._open(period if period in self._periods else self._periods[-1])
        self.shown: dict[str, Chart | Table | Paragraph] = {}
        self._known_months: dict[tuple[str, str], pd.DataFrame] = {}
        self._build()
        self._fill()
        self._observe(self.period, self._reopen)
        self._observe(self.group, self.refresh)
        self._observe(self.indicator, self.refresh)
        self._observe(self.school, self._follow_school)

    def _build(self) -> None:
        titles = [(self._space.settings.parse_period(key).title(), key) for key in self._periods]
        self.period = _dropdown("Период", titles, self.report.period.key)
        self.group = _dropdown("Группа", [])
        self.indicator = _dropdown("Показатель", [])
        self.school = _dropdown("Школа", [])
        self._stamp = widgets.HTML()
        self.controls = Controls([self._stamp, self.period, self.group, self.indicator, self.school])
        names = ("trend", "spread", "among_group", "ranking_table", "missing", "findings")
        self._places = {name: View() for name in names}
        self.trend, self.spread, self.among_group, ranking, self.missing, self.findings = self._places.values()
        self.weights = widgets.VBox(layout=widgets.Layout(flex="0 0 auto", margin="0 2em 0 0"))
        self.ranking = ControlledView([self.weights, ranking])
        self._build_export(names)

    def _build_export(self, names: Sequence[str]) -> None:
        self.what = _dropdown("Что сохранить", [(VIEW_NAMES[name], name) for name in names], names[0])
        self.save = widgets.Button(description="Сохранить", button_style="primary")
        self.saved = widgets.HTML()
        self.save.on_click(lambda _: self._say_saved())
        self.export = widgets.VBox([self.what, self.save, self.saved])

    def _fill(self) -> None:
        """Offer what the opened period has; a choice that still exists stays."""
        report, self._filling = self.report, True
        self._stamp.value = f"<p><b>{DEMO_STAMP}</b></p>" if report.demo else ""
        self.controls.document = Document(
            TITLE, report.period.title(), edition="working", demo=report.demo, draft=False, date=report.date.isoformat()
        )
        ranked = report.tables["rankings"]
        groups = [(label, code) for code, label in report.group_labels.items() if (ranked["group"] == code).any()]
        present = set(report.tables["indicators"].query("level == 'school'")["indicator"])
        _offer(self.group, groups)
        indicators = [i for i in report.settings.indicators if i.code in present]
        _offer(self.indicator, [(i.label, i.code) for i in indicators], _first_cumulative(indicators))
        schools = sorted((name, code) for code, name in report.school_names.items())
        _offer(self.school, [ALL_SCHOOLS, *schools])
        self._offer_weights()
        self._filling = False
        self.refresh()

    def _offer_weights(self) -> None:
        weights = self.report.settings.project.scoring.weights
        scored = [i for i in self.report.settings.indicators if i.is_scored(self.report.period)]
        sliders = [_slider(i.label, i.code, weights.get(i.code, 1.0)) for i in scored]
        for slider in sliders:
            self._observe(slider, self._show_ranking)
        self.weights.children = sliders

    def _observe(self, widget: widgets.Widget, action: Callable[[], None]) -> None:
        widget.observe(lambda _: None if self._filling else action(), names="value")

    def _reopen(self) -> None:
        self.report = self._open(self.period.value)
        self._fill()

    def _open(self, key: str) -> PeriodReport:
        """With the period that the report was compared with."""
        return finished_in(self._space, key).report

    def chosen_weights(self) -> dict[str, float]:
        """Weight by indicator code, as the sliders stand."""
        return {slider.code: slider.value for slider in self.weights.children}

    def refresh(self) -> None:
        """Draw every view for the choices as they stand."""
        report, indicator, group, school = self.report, self.indicator.value, self.group.value, self.school.value
        self._show("trend", views.trend(report, indicator, self._months(school or views.CITY)))
        self._show("spread", views.spread(report, indicator))
        self._show("among_group", views.among_group(report, indicator, group, school))
        self._show("missing", views.missing(report))
        self._show("findings", views.findings(report, school))
        self._show_ranking()

    def _months(self, unit: str) -> pd.DataFrame:
        key = (self.report.period.key, unit)
        if key not in self._known_months:
            self._known_months[key] = views.months_of_unit(self.report, self._space, unit)
        return self._known_months[key]

    def _follow_school(self) -> None:
        """A school is looked at in its own group."""
        groups = self.report.tables["schools"].set_index("school_id")["group"]
        group = groups.get(self.school.value)
        if group in [code for _, code in self.group.options] and group != self.group.value:
            self.group.value = group  # draws everything
        else:
            self.refresh()

    def _show_ranking(self) -> None:
        self._show("ranking_table", views.ranking(self.report, self.group.value, self.chosen_weights()))

    def _show(self, name: str, view: Chart | Table | Paragraph) -> None:
        self.shown[name] = view
        self._places[name].show(view)

    def save_view(self, name: str) -> str:
        """Save a chart as SVG or a table as CSV under the reports folder; returns the path from there."""
        view, report = self.shown[name], self.report
        picture = isinstance(view, Chart)
        file = f"{report.period.key}-{name}-{self.indicator.value}.{'svg' if picture else 'csv'}"
        path = self._space.out / self._space.data_name / "explore" / file
        write_whole(path, view.svg.encode() if isinstance(view, Chart) else csv_bytes(view))
        return path.relative_to(self._space.out).as_posix()

    def _say_saved(self) -> None:
        path = escape_html(self.save_view(self.what.value))
        self.saved.value = f"<p>Сохранено: <code>{path}</code> в папке отчётов.</p>"


VIEW_NAMES = {
    "trend": "Динамика (рисунок)",
    "spread": "Распределение (рисунок)",
    "among_group": "Школы группы (рисунок)",
    "ranking_table": "Места при выбранных весах (таблица)",
    "missing": "Не представленные формы (таблица)",
    "findings": "Замечания (таблица)",
}


def offered_periods(space: Workspace, period: str) -> list[str]:
    """Keys of the periods whose report has been made, oldest first. Raises RequestError when there is none."""
    if keys := made_periods(space):
        return keys
    raise RequestError(
        f"В папке {space.out / space.data_name} ещё нет отчётов. Выполните make report PERIOD={period} и повторите."
    )


def csv_bytes(view: Table | Paragraph) -> bytes:
    """A table as CSV for a spreadsheet: UTF-8 with a mark, semicolons, and no text that would run as a formula."""
    if isinstance(view, Paragraph):
        return ("\ufeff" + view.plain() + "\n").encode()
    frame = view.frame[[column.name for column in view.columns]]
    frame = frame.rename(columns={column.name: column.header for column in view.columns}).map(_as_text)
    return ("\ufeff" + frame.to_csv(index=False, sep=";", lineterminator="\n", decimal=",")).encode()


def _as_text(value: Any) -> Any:
    return escape(value) if isinstance(value, str) else value


def _dropdown(label: str, options: Iterable[Any], value: Any = None) -> widgets.Dropdown:
    style = {"description_width": "8em"}
    return widgets.Dropdown(options=list(options), value=value, description=label, layout=WIDE, style=style)


def _slider(label: str, code: str, weight: float) -> widgets.FloatSlider:
    slider = widgets.FloatSlider(
        value=weight, min=0.0, max=HEAVIEST, step=0.25, description=label, continuous_update=False,
        layout=WIDE, style={"description_width": "18em"}, readout_format=".2f",
    )  # fmt: skip
    slider.code = code
    return slider


def _first_cumulative(indicators: list[Indicator]) -> str | None:
    """What has a trend worth a look to begin with."""
    return next((indicator.code for indicator in indicators if indicator.type == "C"), None)


def _offer(widget: widgets.Dropdown, options: list[tuple[str, str]], first: str | None = None) -> None:
    """New options for a dropdown without losing a choice that is still among them; else ``first`` or the first."""
    values = [value for _, value in options]
    kept = widget.value if widget.value in values else first
    widget.options = options
    widget.value = kept if kept in values else values[0]
