"""The form that goes out: one workbook per school and reporting month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from analysis.files import write_whole
from analysis.intake import layout
from analysis.intake.form_fill import Template, fill, template_for
from analysis.intake.form_sheets import FIRST_ROW
from analysis.intake.identity import School
from analysis.periods import Period, sheet_period
from analysis.settings import Settings

ActivityRow = Sequence[object]  # status, number of events, evidence
Previous = Mapping[str, float]
Progress = Callable[[str, int, int], None]  # what is being done, done so far, of how many


class FormError(ValueError):
    """The form cannot be made; the message is Russian."""


def form_name(school: School, period: Period) -> str:
    """File name of a form: «forma_2022-06_s101.xlsx»."""
    return f"forma_{period.key}_{school.school_id}.xlsx"


def form_bytes(
    school: School,
    period: Period,
    settings: Settings,
    previous: Previous | None = None,
    values: Mapping[str, object] | None = None,
    activities: Mapping[str, ActivityRow] | None = None,
    zero_report: bool = False,
    extra: Mapping[str, object] | None = None,
) -> bytes:
    """The workbook of one school for one month, as bytes; the same arguments give the same bytes.

    ``values`` and ``previous`` map a measure's code, or «sheet.code» where sheets differ («half.events»), to a number
    or to any text. ``activities`` maps a roadmap number to (status, number of events, evidence). ``extra`` fills fields
    of the passport: ``revision``, ``filled_on``, ``school_name``, ``period_text``. Raises FormError for a period that
    is not a month and for unknown codes.
    """
    if period.kind != "month":
        raise FormError(f"Формы составляются за месяц (например, 2022-06), а не за «{period.key}».")
    if school.group not in {group.code for group in settings.project.groups}:
        raise FormError(f"Школа {school.school_id}: группы «{school.group}» нет в project.yaml.")
    template = template_for(settings, school.group, period.number)
    filled = {sheet: _column(template, sheet, "D", values or {}, settings) for sheet in layout.MEASURE_SHEETS}
    for sheet in layout.MEASURE_SHEETS:
        filled[sheet] |= _column(template, sheet, "E", previous or {}, settings)
    filled["passport"] = _passport(template, school, period, zero_report, extra or {})
    filled["activities"] = _activities(settings, activities or {})
    _refuse_unknown(settings, values or {}, activities or {}, extra or {})
    return fill(template, _texts(school, period, settings), filled)


def write_form(
    path: Path,
    school: School,
    period: Period,
    settings: Settings,
    previous: Previous | None = None,
    values: Mapping[str, object] | None = None,
    activities: Mapping[str, ActivityRow] | None = None,
    zero_report: bool = False,
    extra: Mapping[str, object] | None = None,
) -> Path:
    """Write :func:`form_bytes` to a file, whole or not at all."""
    content = form_bytes(school, period, settings, previous, values, activities, zero_report, extra)
    write_whole(path, content)
    return path


def write_forms(
    settings: Settings,
    schools: Iterable[School],
    period: Period,
    out_dir: Path,
    previous: Mapping[str, Previous] | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """One empty form for every school valid in the period; ``previous`` gives the accepted values by school."""
    valid = [school for school in schools if school.valid_on(period)]
    paths = []
    for number, school in enumerate(valid, start=1):
        before = (previous or {}).get(school.school_id)
        paths.append(write_form(out_dir / form_name(school, period), school, period, settings, before))
        if progress:
            progress("Формы", number, len(valid))
    return paths


def _column(
    template: Template, sheet: str, letter: str, given: Mapping[str, object], settings: Settings
) -> dict[str, object]:
    column: dict[str, object] = {}
    for (place, code), cell in template.cells.items():
        if place == sheet:
            value = given.get(f"{sheet}.{code}", given.get(code))
            column[f"{letter}{cell[1:]}"] = _flag(value) if settings.measure(code).is_flag else value
    return column


def _flag(value: object) -> object:
    if isinstance(value, str) or value is None or value != value:
        return value
    return {0: layout.NO, 1: layout.YES}.get(value, value)  # type: ignore[call-overload]


def _passport(
    template: Template, school: School, period: Period, zero_report: bool, extra: Mapping[str, object]
) -> dict[str, object]:
    fields: dict[str, object] = {
        "school_name": school.name,
        "period_text": period.title(),
        "zero_report": layout.YES if zero_report else layout.NO,
        "revision": layout.FIRST,
        "filled_on": None,
    }
    return {template.cells["passport", code]: value for code, value in (fields | dict(extra)).items() if code in fields}


def _activities(settings: Settings, given: Mapping[str, ActivityRow]) -> dict[str, object]:
    cells: dict[str, object] = {}
    for row, activity in enumerate(settings.activities, start=FIRST_ROW):
        for letter, value in zip("DEF", given.get(activity.code, ()), strict=False):
            cells[f"{letter}{row}"] = value
    return cells


def _refuse_unknown(
    settings: Settings,
    values: Mapping[str, object],
    activities: Mapping[str, ActivityRow],
    extra: Mapping[str, object],
) -> None:
    measures = {measure.code for measure in settings.measures}
    unknown = [key for key in values if key.rpartition(".")[2] not in measures]
    unknown += sorted(set(activities) - {activity.code for activity in settings.activities})
    unknown += sorted(set(extra) - set(layout.PASSPORT_FIELDS))
    if unknown:
        raise FormError(f"В форме нет поля «{unknown[0]}».")


def _texts(school: School, period: Period, settings: Settings) -> dict[str, str]:
    texts = {
        "school_id": school.school_id,
        "school_name": school.name,
        "period": period.key,
        "period_text": period.title(),
    }
    version = layout.form_version(settings)
    for sheet in layout.SHEET_TITLES:
        texts[f"title_{sheet}"] = layout.sheet_heading(sheet, period)
        texts[f"due_{sheet}"] = _due_text(sheet, period)
        texts[f"mark_{sheet}"] = layout.Mark(version, period.key, school.school_id, sheet).text
    return texts


def _due_text(sheet: str, period: Period) -> str:
    """When the form is due, both dates where the day moved; a year also names the state date it is expected for."""
    moved = "" if period.due == period.cutoff else f" (перенесено с {period.cutoff:%d.%m.%Y}, выходной день)"
    due = f"Представить до {period.due:%d.%m.%Y}{moved} включительно"
    covered = sheet_period(sheet, period) if sheet == "year" else period
    if covered.kind == "year":
        return f"{due}; значения на {covered.as_of:%d.%m.%Y} – ожидаемые, после этой даты подтвердите или уточните их"
    return due
