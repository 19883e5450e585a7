"""The empty form as an openpyxl workbook: sheets, styles, drop-downs, validation, protection, printing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.workbook.protection import WorkbookProtection
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from analysis.intake import layout
from analysis.intake.form_checks import GOOD, Addresses, check_formula
from analysis.intake.form_texts import HOW_TO_FILL, numbered_instructions
from analysis.settings import Measure, Settings

HEADER_ROW = 7
FIRST_ROW = HEADER_ROW + 1
_THIN = Border(*(Side(style="thin", color="BFBFBF"),) * 4)
_INPUT = PatternFill("solid", start_color="FFF2CC")
_HEAD = PatternFill("solid", start_color="D9E2F3")
_WRAP = Alignment(wrap_text=True, vertical="center")
_ONE_LINE = Alignment(shrink_to_fit=True, vertical="center")
_CENTRE = Alignment(wrap_text=True, vertical="center", horizontal="center")
_GREY = Font(name="Calibri", size=9, color="595959")
_PALE = Font(name="Calibri", size=10, color="595959")
_BODY = Font(name="Calibri", size=11)
_BOLD = Font(name="Calibri", size=11, bold=True)
_TITLE = Font(name="Calibri", size=14, bold=True)
_TYPES = {"S": "на дату", "C": "нарастающим итогом", "F": "за период"}


def placeholder(name: str) -> str:
    """The text that stands in the template where schools differ."""
    return f"@@{name}@@"


def build_form(settings: Settings, group: str, month: int) -> tuple[Workbook, Addresses]:
    """The form of a calendar month for a group of schools, and the cells of its inputs by sheet and code."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    sheets = {
        name: workbook.create_sheet(layout.SHEET_TITLES[name]) for name in layout.sheets_of(settings, group, month)
    }
    asked = list(layout.asked_measures(settings, group, month))
    cells = _addresses(asked)
    for name, sheet in sheets.items():
        _heading(sheet, name)
    _passport(sheets["passport"])
    for name in layout.MEASURE_SHEETS:
        if name in sheets:
            measures = [measure for place, measure in asked if place == name]
            _measures(sheets[name], settings, name, measures, month, cells)
    if "activities" in sheets:
        _activities(sheets["activities"], settings, month)
    _hidden(workbook, settings)
    _names(workbook, cells)
    for sheet in sheets.values():
        _finish(sheet)
    workbook.security = WorkbookProtection(lockStructure=True)
    workbook.properties.title = "Форма мониторинга"
    workbook.properties.creator = settings.project.institution.short_name
    workbook.properties.language = "ru-RU"
    return workbook, cells


def _addresses(asked: Iterable[tuple[str, Measure]]) -> dict[tuple[str, str], str]:
    cells = {("passport", code): f"D{FIRST_ROW + i}" for i, code in enumerate(layout.PASSPORT_FIELDS)}
    rows: dict[str, int] = {}
    for sheet, measure in asked:
        row = rows.get(sheet, FIRST_ROW)
        cells[sheet, measure.code] = f"D{row}"
        rows[sheet] = row + 1
    return cells


def _heading(sheet: Worksheet, name: str) -> None:
    lines = (placeholder(f"title_{name}"), placeholder("school_name"), placeholder(f"due_{name}"))
    for row, text in enumerate(lines, start=1):
        sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=6)
        cell = sheet.cell(row, 1, text)
        cell.font = _TITLE if row == 1 else _BOLD if row == 2 else _BODY
        cell.alignment = _ONE_LINE if row == 2 else _WRAP
    sheet.row_dimensions[1].height = 36
    sheet.row_dimensions[3].height = 32 if name == "year" else 18
    sheet.merge_cells("A4:F4")
    sheet.cell(4, 1, placeholder(f"mark_{name}")).font = _GREY


def _header(sheet: Worksheet, headers: Sequence[str]) -> None:
    for column, text in enumerate(headers, start=1):
        _put(sheet, HEADER_ROW, column, text, font=_BOLD, fill=_HEAD, alignment=_CENTRE)
    sheet.row_dimensions[HEADER_ROW].height = 32
    sheet.freeze_panes = sheet.cell(FIRST_ROW, 1)


def _put(sheet: Worksheet, row: int, column: int, value: object = None, **style: Any) -> None:
    cell = sheet.cell(row, column)
    cell.value = value  # type: ignore[assignment]
    cell.border = _THIN
    cell.font = style.get("font", _BODY)
    cell.alignment = style.get("alignment", _WRAP)
    if "fill" in style:
        cell.fill = style["fill"]
    if style.get("open"):
        cell.fill, cell.protection = _INPUT, Protection(locked=False)
    cell.number_format = style.get("number_format", "General")


def _passport(sheet: Worksheet) -> None:
    _header(sheet, layout.PASSPORT_HEADERS)
    rows = range(FIRST_ROW, FIRST_ROW + len(layout.PASSPORT_FIELDS))
    for row, (code, label) in zip(rows, layout.PASSPORT_FIELDS.items(), strict=True):
        _put(sheet, row, 1, code, font=_GREY)
        _put(sheet, row, 2, label)
        _put(sheet, row, 3)
        shown = code in ("school_name", "period_text")
        number_format = "DD.MM.YYYY" if code == "filled_on" else "General"
        for column in (4, 5, 6):
            _put(sheet, row, column, open=not shown, number_format=number_format)
        sheet.row_dimensions[row].height = 48 if code == "school_name" else 20
    for row in (HEADER_ROW, *rows):
        sheet.merge_cells(f"B{row}:C{row}")
        sheet.merge_cells(f"D{row}:F{row}")
    _list(sheet, (layout.YES, layout.NO), f"D{FIRST_ROW + 2}", "Выберите «да» только если за период работы не было.")
    _list(sheet, (layout.FIRST, layout.REVISED), f"D{FIRST_ROW + 3}", "Первая отправка или исправление прежней.")
    _date(sheet, f"D{FIRST_ROW + 4}")
    start = FIRST_ROW + len(layout.PASSPORT_FIELDS) + 1
    sheet.cell(start, 1, HOW_TO_FILL).font = _BOLD
    for number, text in enumerate(numbered_instructions(), start=1):
        sheet.merge_cells(start_row=start + number, start_column=1, end_row=start + number, end_column=6)
        sheet.cell(start + number, 1, text).alignment = _WRAP
        sheet.row_dimensions[start + number].height = 20 if len(text) < 105 else 34


def _measures(
    sheet: Worksheet, settings: Settings, name: str, measures: Sequence[Measure], month: int, cells: Addresses
) -> None:
    _header(sheet, layout.TABLE_HEADERS)
    last = FIRST_ROW + len(measures) - 1
    for row, measure in enumerate(measures, start=FIRST_ROW):
        kind = "" if measure.is_flag else f" ({_TYPES[measure.type]})"
        _put(sheet, row, 1, measure.code, font=_GREY)
        _put(sheet, row, 2, measure.name + kind)
        _put(sheet, row, 3, measure.unit, alignment=_CENTRE)
        _put(sheet, row, 4, open=True, alignment=_CENTRE)
        _put(sheet, row, 5, font=_PALE, alignment=_CENTRE)
        _put(sheet, row, 6, check_formula(settings, name, measure, month, cells))
        sheet.row_dimensions[row].height = 32 if len(measure.name + kind) > 46 else 18
    counts = " ".join(f"D{row}" for row, m in enumerate(measures, start=FIRST_ROW) if not m.is_flag)
    flags = " ".join(f"D{row}" for row, m in enumerate(measures, start=FIRST_ROW) if m.is_flag)
    if counts:
        _whole(sheet, counts)
    if flags:
        _list(sheet, (layout.YES, layout.NO), flags, "Выберите «да» или «нет».")
    checks = f"F{FIRST_ROW}:F{last}"
    _counter(sheet, layout.FILLED, "+".join(f'COUNTIF({checks},"{text}")' for text in GOOD), len(measures))
    wrong = "AND(" + ",".join(f'F{FIRST_ROW}<>"{text}"' for text in GOOD) + ")"
    sheet.conditional_formatting.add(checks, FormulaRule([wrong], font=Font(color="C00000", bold=True)))


def _counter(sheet: Worksheet, text: str, count: str, whole: int) -> None:
    """«Заполнено и проверено … 8 из 15», counted by a formula."""
    sheet.cell(5, 1, text).font = _BODY
    sheet.merge_cells("A5:E5")
    sheet.cell(5, 6, f'={count}&" из {whole}"').font = _BOLD


def _activities(sheet: Worksheet, settings: Settings, month: int) -> None:
    _header(sheet, layout.ACTIVITY_HEADERS)
    last = HEADER_ROW + len(settings.activities)
    for row, activity in enumerate(settings.activities, start=FIRST_ROW):
        december = activity.reported_in == "december"
        hint = " Итоги прошедшего лета." if december and month == 12 else ""
        if december and month != 12:
            hint = " Заполняется в декабрьской форме."
        elif not activity.reported_by_schools:
            hint = " Школа не исполнитель: заполняйте, если участвовали."
        _put(sheet, row, 1, activity.code, number_format="@", alignment=_CENTRE)
        _put(sheet, row, 2, activity.short_name + "." * bool(hint) + hint)
        _put(sheet, row, 3, activity.due)
        for column in (4, 5, 6):
            _put(sheet, row, column, open=not (december and month != 12), alignment=_CENTRE)
        sheet.row_dimensions[row].height = 46
    asked = [row for row in range(FIRST_ROW, last + 1) if not sheet.cell(row, 4).protection.locked]
    _counter(sheet, layout.MARKED, f"COUNTA(D{FIRST_ROW}:D{last})", len(asked))
    _list(sheet, layout.ACTIVITY_STATUSES, f"D{FIRST_ROW}:D{last}", "Выберите состояние из списка.")
    _whole(sheet, f"E{FIRST_ROW}:E{last}")
    text = DataValidation(type="textLength", operator="lessThanOrEqual", formula1="300", allow_blank=True)
    text.errorTitle, text.error = (
        "Слишком длинный текст",
        "Укажите документ или ссылку, не более 300 знаков, без фамилий.",
    )
    text.add(f"F{FIRST_ROW}:F{last}")
    sheet.add_data_validation(text)


def _whole(sheet: Worksheet, cells: str) -> None:
    rule = DataValidation(
        type="whole", operator="between", formula1="0", formula2=str(layout.MAX_COUNT), allow_blank=True
    )
    rule.errorTitle = "Нужно целое число"
    rule.error = "Укажите количество целым числом от 0, без слов и знаков. Если не было – поставьте 0."
    _add(sheet, rule, cells)


def _list(sheet: Worksheet, values: Sequence[str], cells: str, hint: str) -> None:
    rule = DataValidation(type="list", formula1=f'"{",".join(values)}"', allow_blank=True)
    rule.errorTitle, rule.error = "Выберите из списка", hint
    rule.promptTitle, rule.prompt = "Список", hint
    _add(sheet, rule, cells)


def _date(sheet: Worksheet, cell: str) -> None:
    rule = DataValidation(type="date", operator="greaterThan", formula1="43831", allow_blank=True)
    rule.errorTitle, rule.error = "Нужна дата", "Укажите дату вида 20.06.2022."
    _add(sheet, rule, cell)


def _add(sheet: Worksheet, rule: DataValidation, cells: str) -> None:
    rule.showErrorMessage = rule.showInputMessage = True
    for cell in cells.split():
        rule.add(cell)
    sheet.add_data_validation(rule)


def _hidden(workbook: Workbook, settings: Settings) -> None:
    sheet = workbook.create_sheet(layout.HIDDEN_SHEET)
    values = (placeholder("school_id"), placeholder("period"), layout.form_version(settings))
    for row, (field, value) in enumerate(zip(layout.HIDDEN_FIELDS, values, strict=True), start=1):
        sheet.cell(row, 1, field)
        sheet.cell(row, 2, value).number_format = "@"
        name = layout.NAME_OF_FIELD[field]
        workbook.defined_names[name] = DefinedName(name, attr_text=f"{layout.HIDDEN_SHEET}!$B${row}")
    sheet.sheet_state = "veryHidden"
    sheet.protection.enable()


def _names(workbook: Workbook, cells: Addresses) -> None:
    for (sheet, code), cell in cells.items():
        name = layout.cell_name(sheet, code)
        target = f"'{layout.SHEET_TITLES[sheet]}'!${cell[0]}${cell[1:]}"
        workbook.defined_names[name] = DefinedName(name, attr_text=target)


def _finish(sheet: Worksheet) -> None:
    widths = (6, 46, 24, 15, 14, 30) if sheet.title == layout.SHEET_TITLES["activities"] else (9, 50, 9, 16, 11, 30)
    for letter, width in zip("ABCDEF", widths, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.protection.enable()
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.orientation = "portrait"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 1
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"
    sheet.page_margins.left = sheet.page_margins.right = 0.5
    sheet.oddFooter.right.text = "Страница &P из &N"
    sheet.sheet_view.showGridLines = False
