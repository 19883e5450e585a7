"""«Протокол контроля данных»: a school's findings for one form, as .xlsx and .html beside the register."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from html import escape as escape_html

import pandas as pd
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

from analysis.files import pack
from analysis.intake.findings import awaiting_answer
from analysis.intake.identity import School, Schools
from analysis.intake.layout import PROTOCOL as TITLE
from analysis.periods import PeriodError
from analysis.report.document import DEMO_STAMP
from analysis.settings import Settings
from analysis.xlsxfile import workbook_parts

HEADERS = ("№", "Вид", "Где", "Указано", "Ожидается", "Действие", "Срок", "Состояние")
_WIDTHS = (5, 15, 34, 28, 28, 44, 12, 12)
_ACTIONS = {"error": "Исправить", "query": "Уточнить", "note": "К сведению"}
_STATES = {"open": "открыто", "closed": "снято"}
_FILLS = {"error": "F8CBAD", "query": "FFE699"}
_THIN = Border(*(Side(style="thin", color="BFBFBF"),) * 4)
_WRAP = Alignment(wrap_text=True, vertical="top")
_BODY = Font(name="Calibri", size=11)
_STYLE = """body{font-family:sans-serif;margin:2rem;color:#1a1a1a}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #999;padding:.35rem .5rem;text-align:left;vertical-align:top}th{background:#e6ebf5}
.error td:nth-child(2){background:#f8cbad}.query td:nth-child(2){background:#ffe699}.closed{color:#595959}
.scroll{overflow-x:auto}body{overflow-wrap:break-word}@media (max-width:40rem){body{margin:1rem}}
@media print{body{margin:0}.scroll{overflow:visible}}"""


@dataclass(frozen=True)
class Protocol:
    """The text of one protocol: heading lines and the rows of its table."""

    lines: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    severities: tuple[str, ...]
    states: tuple[str, ...]


def protocol_files(findings: pd.DataFrame, schools: Schools, settings: Settings, is_demo: bool) -> dict[str, bytes]:
    """Path inside the data folder → content, for every form that was returned or asked about."""
    files: dict[str, bytes] = {}
    for school, period, rows in _forms(findings, schools):
        protocol = make_protocol(school, period, rows, settings, is_demo)
        base = f"protocols/{period}/protocol_{period}_{school.school_id}"
        files[f"{base}.xlsx"] = as_workbook(protocol, settings)
        files[f"{base}.html"] = as_html(protocol).encode()
    return files


def _forms(findings: pd.DataFrame, schools: Schools) -> Iterator[tuple[School, str, pd.DataFrame]]:
    from_forms = findings[(findings["version"] > 0) & (findings["period"] != "")]
    for (school_id, period), rows in from_forms.groupby(["school_id", "period"], sort=True):
        school = schools.get(str(school_id))
        if school and (rows["severity"] != "note").any():
            yield school, str(period), rows


def make_protocol(school: School, period: str, rows: pd.DataFrame, settings: Settings, is_demo: bool) -> Protocol:
    """Open findings first, then those that a later form answered."""
    order = rows["state"].map({"open": 0, "closed": 1})
    rows = rows.assign(_order=order).sort_values(["_order", "version"], kind="stable")
    waiting = awaiting_answer(rows)
    lines = [DEMO_STAMP] if is_demo else []
    lines += [school.name, f"Отчётный период: {_period_title(period, settings)}", _summary(waiting)]
    names = {measure.code: measure.name for measure in settings.measures}
    table = [_row(number, row, names) for number, row in enumerate(rows.to_dict("records"), start=1)]
    return Protocol(tuple(lines), tuple(table), tuple(rows["severity"]), tuple(rows["state"]))


def _period_title(key: str, settings: Settings) -> str:
    try:
        return settings.parse_period(key).title()
    except PeriodError:
        return key


def _summary(waiting: pd.DataFrame) -> str:
    if waiting.empty:
        return "Замечания сняты, действий не требуется."
    errors, queries = ((waiting["severity"] == name).sum() for name in ("error", "query"))
    text = f"Исправить: {errors}, уточнить: {queries}. Исправленную форму с отметкой «уточнённая» отправьте "
    text += f"до {_day(max(waiting['until']))}."
    if queries:
        text += " Если число, о котором спрашивают, верно, оставьте его: та же форма с этой отметкой его подтвердит."
    return text


def _day(text: str) -> str:
    return f"{date.fromisoformat(text):%d.%m.%Y}" if text else ""


def _row(number: int, finding: dict[str, object], names: Mapping[str, str]) -> tuple[str, ...]:
    parts = [f"файл «{str(finding['file']).rpartition('/')[2]}»"]
    parts += [f"лист «{finding['sheet']}»"] if finding["sheet"] else []
    parts += [f"ячейка {finding['cell']}"] if finding["cell"] else []
    parts += [f"показатель «{names[str(finding['measure'])]}»"] if finding["measure"] in names else []
    return (
        str(number),
        _ACTIONS[str(finding["severity"])],
        ", ".join(parts),
        str(finding["found"]),
        str(finding["expected"]),
        f"{finding['action']} ({finding['rule']})",
        _day(str(finding["until"])),
        "" if finding["severity"] == "note" else _STATES[str(finding["state"])],
    )


def as_workbook(protocol: Protocol, settings: Settings) -> bytes:
    """The protocol as .xlsx; what a school wrote stays text, whatever it begins with."""
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    sheet.title = "Протокол"
    for line in (TITLE, *protocol.lines):
        sheet.append([""])
        cell = sheet.cell(sheet.max_row, 1)
        cell.value, cell.data_type = _printable(line), "s"  # a name that begins with = is no formula
        cell.font = _BODY
    sheet["A1"].font = Font(name="Calibri", size=14, bold=True)
    sheet.append([])
    sheet.append(HEADERS)
    header = sheet.max_row
    for cell in sheet[header]:
        cell.font, cell.fill, cell.border = (
            Font(name="Calibri", bold=True),
            PatternFill("solid", start_color="D9E2F3"),
            _THIN,
        )
        cell.alignment = _WRAP
    for row, severity in zip(protocol.rows, protocol.severities, strict=True):
        sheet.append([None] * len(row))
        for cell, text in zip(sheet[sheet.max_row], row, strict=True):
            cell.value, cell.data_type = _printable(text), "s"
            cell.border, cell.alignment, cell.font = _THIN, _WRAP, _BODY
        sheet.row_dimensions[sheet.max_row].height = _height(row)
        if severity in _FILLS:
            sheet.cell(sheet.max_row, 2).fill = PatternFill("solid", start_color=_FILLS[severity])
    for letter, width in zip("ABCDEFGH", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = sheet.cell(header + 1, 1)
    sheet.page_setup.paperSize, sheet.page_setup.orientation = sheet.PAPERSIZE_A4, "landscape"
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{header}:{header}"
    workbook.properties.title = TITLE
    workbook.properties.creator = settings.project.institution.short_name
    return pack(workbook_parts(workbook))


def _height(row: tuple[str, ...]) -> float:
    """Points for the longest wrapped text of a row: office programs do not grow rows of new files by themselves."""
    lines = (-(-len(text) * 1.15 // width) for text, width in zip(row, _WIDTHS, strict=True))
    return 15.0 * max(1.0, *lines)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def as_html(protocol: Protocol) -> str:
    """The protocol as one self-contained page."""
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADERS)
    body = "".join(
        f'<tr class="{severity} {state}">' + "".join(f"<td>{escape_html(text)}</td>" for text in row) + "</tr>\n"
        for row, severity, state in zip(protocol.rows, protocol.severities, protocol.states, strict=True)
    )
    lines = "".join(f"<p>{escape_html(line)}</p>\n" for line in protocol.lines)
    return (
        f'<!DOCTYPE html>\n<html lang="ru">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{TITLE}</title>\n'
        f"<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{TITLE}</h1>\n{lines}"
        f'<div class="scroll" role="region" aria-label="Замечания" tabindex="0">\n<table>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>\n</div>\n</body>\n</html>\n"
    )
