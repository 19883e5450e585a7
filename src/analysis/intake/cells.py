"""One cell of a form → a value, a remark, or both. Nothing is guessed: what has two readings is asked about."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date

from analysis.intake.book import Cell
from analysis.intake.layout import ACTIVITY_STATUSES, FIRST, MAX_COUNT, REVISED
from analysis.intake.names import plain

_ZERO_WORDS = re.compile(
    r"(?:нет|ноль|нуль|не было|не имеется|не имеем|отсутству\w+|не проводил\w*|не провод\w+|не участвовал\w*)"
    r"(?:\s+участников|\s+обучающихся)?[.!]?"
)
_DASH = re.compile(r"[-—–_.\s]*[-—–_]+[-—–_.\s]*|[xхXХ]+")
_UNIT = (
    r"(?:чел(?:\.|овека?|овек)?|уч(?:\.|-?ся|ащи\w+|еник\w*|аст\w*)?|обуч\w*\.?|шт(?:\.|ук\w?)?|ед(?:\.|иниц\w*)?|"
    r"мер(?:\.|оприят\w+)?|дет(?:ей|и)|школьник\w*|педагог\w*)"
)
_WITH_UNIT = re.compile(rf"([+-]?\d+)\s*{_UNIT}\.?")
_INTEGER = re.compile(r"[+-]?\d+")
_GROUPED = re.compile(r"\d{1,3}(?: \d{3})+")
_DECIMAL = re.compile(r"[+-]?\d*[.,]\d+|[+-]?\d+[.,]")
_POWER = re.compile(r"[+-]?\d+(?:[.,]\d+)?[eе][+-]?\d+")
_PERCENT = re.compile(r"[+-]?\d+(?:[.,]\d+)?\s*(?:%|процент\w*)")
_RANGE = re.compile(r"\d+\s*(?:-|\.\.\.?|…|до)\s*\d+.*")
_ABOUT = re.compile(
    r"(?:около|более|менее|больше|меньше|примерно|порядка|до|свыше|не менее|не более|>|<|~|≈|≥|≤)\.?\s*\d.*|\d+\s*\+"
)
_PHONE = re.compile(r"(?:\+?[78][\s(-]*)?\(?\d{3,5}\)?[\s-]*\d{1,3}(?:[\s-]*\d{2}){2}|\+\d[\d\s()-]{6,}")
_DATE_TEXT = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?:\s*г\.?)?")
_YES_WORDS = re.compile(r"(?:да|есть|имеется|имеются|\+|v|✓|✔|утвержден\w?|назначен\w?|true|истина)[.!]?")
_NO_WORDS = re.compile(r"(?:нет|не имеется|не имеются|отсутствует|не утвержден\w?|не назначен\w?|false|ложь)[.!]?")
_LARGEST = 1e12  # for amounts that are no counts
_ERRORS = {
    "#REF!": "#ССЫЛКА!", "#DIV/0!": "#ДЕЛ/0!", "#NAME?": "#ИМЯ?", "#VALUE!": "#ЗНАЧ!", "#N/A": "#Н/Д",
    "#NUM!": "#ЧИСЛО!", "#NULL!": "#ПУСТО!",
}  # fmt: skip
_LONGEST = 200  # no number needs more; bounds the work of the patterns
MONTH_STEMS = ("янв", "фев", "мар", "апр", "ма", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")


@dataclass(frozen=True, slots=True)
class Read:
    """What a cell says: the value if there is one, the rule it met (empty for a clean cell), the text as found."""

    value: float | None
    variant: str = ""
    found: str = ""


def shown(cell: Cell | None) -> str:
    """The cell as a person sees it, one line, at most 80 characters."""
    if cell is None:
        return ""
    if cell.kind == "uncached":
        return "формула без результата"
    if isinstance(cell.value, bool):
        return "ИСТИНА" if cell.value else "ЛОЖЬ"
    if isinstance(cell.value, float):
        text = f"{cell.value:.10g}".replace(".", ",")
        return f"{100 * cell.value:.10g} %".replace(".", ",") if cell.percent else text
    text = re.sub(r"\s+", " ", str(cell.value)).strip()
    if cell.kind == "error":
        return _ERRORS.get(text, text)
    return text if len(text) <= 80 else text[:77] + "…"


def read_count(cell: Cell | None, whole: bool = True) -> Read:
    """A count of people or events; any number not below zero when it need not be ``whole``."""
    if cell is None:
        return Read(None, "B03")
    found = shown(cell)
    special = {"error": "B10.error", "uncached": "B10.empty", "date": "B11", "bool": "B41"}.get(cell.kind)
    if special:
        return Read(None, special, found)
    if isinstance(cell.value, float):
        return _number(cell, found, whole)
    read = _count_text(str(cell.value), found, whole)
    if cell.formula and read.value is not None:
        return Read(read.value, "B10.cached", found)
    return read


def _number(cell: Cell, found: str, whole: bool) -> Read:
    value = float(cell.value)
    if not 0 <= value <= (MAX_COUNT if whole else _LARGEST):
        return Read(None, "B31", found)
    if not whole:
        return Read(value, "B10.cached" if cell.formula else "", found)
    if cell.percent or 0 < value < 1:
        return Read(None, "B07", found)
    if abs(value - round(value)) > 1e-9:
        return Read(None, "B05", found)
    return Read(float(round(value)), "B10.cached" if cell.formula else "", found)


def _count_text(raw: str, found: str, whole: bool) -> Read:
    text = plain(raw)
    if not text:
        return Read(None, "B03", found)
    if len(text) > _LONGEST:
        return Read(None, "B41", found)
    if _ZERO_WORDS.fullmatch(text):
        return Read(0.0, "B01", found)
    if _DASH.fullmatch(text):
        return Read(None, "B02", found)
    number = _plain_number(text)
    if number is not None:
        return _bounded(number, "B06", found)
    if not whole and re.fullmatch(r"\d+[.,]\d+", text):
        return Read(float(text.replace(",", ".")), "B06", found)
    with_unit = _WITH_UNIT.fullmatch(text.replace(" ", "", text.count(" ") - 1) if _GROUPED.match(text) else text)
    if with_unit:
        number = float(with_unit[1])
        return _bounded(number, "B01" if number == 0 else "B04", found)
    return Read(None, _refusal(text), found)


def _plain_number(text: str) -> float | None:
    if _INTEGER.fullmatch(text) or _GROUPED.fullmatch(text):
        return float(text.replace(" ", ""))
    decimal = re.fullmatch(r"([+-]?\d+)[.,]0{0,2}", text)  # «1,000» may be a thousand: not read
    return float(decimal[1]) if decimal else None


def _bounded(number: float, variant: str, found: str) -> Read:
    if number < 0 or number > MAX_COUNT:
        return Read(None, "B31", found)
    return Read(number, variant, found)


def _refusal(text: str) -> str:
    if text.startswith("#"):
        return "B10.error"
    if _PERCENT.fullmatch(text) or (_DECIMAL.fullmatch(text) and text.lstrip("+-").startswith(("0,", "0.", ",", "."))):
        return "B07"
    if _DECIMAL.fullmatch(text):
        return "B05"
    if _DATE_TEXT.fullmatch(text) or re.fullmatch(
        r"\d{1,2}[.\s-]*(?:" + "|".join(MONTH_STEMS) + r")\w*\.?(?:\s*\d{2,4})?", text
    ):
        return "B11"
    if _POWER.fullmatch(text) or _PHONE.fullmatch(text):
        return "B31"
    if _RANGE.fullmatch(text) or _ABOUT.fullmatch(text):
        return "B08"
    if re.match(r"\d", text) and (re.search(r"[+(;,/*:]", text) or re.search(r"из них|в том числе|в т\.? ?ч", text)):
        return "B09"
    return "B41"


def read_flag(cell: Cell | None) -> Read:
    """A yes-or-no answer as 1 or 0."""
    if cell is None:
        return Read(None, "B03.flag")
    found = shown(cell)
    if cell.kind in ("error", "uncached"):
        return Read(None, "B10.error" if cell.kind == "error" else "B10.empty", found)
    if isinstance(cell.value, (bool, float)) and cell.kind != "date":
        value = float(cell.value)
        return Read(value, "B37", found) if value in (0.0, 1.0) else Read(None, "B37.unclear", found)
    text = plain(str(cell.value))
    if not text:
        return Read(None, "B03.flag", found)
    if len(text) > _LONGEST:
        return Read(None, "B37.unclear", found)
    if text in ("да", "нет"):
        clean = str(cell.value) == text
        return Read(float(text == "да"), "" if clean else "B37", found)
    if _YES_WORDS.fullmatch(text) or text == "1":
        return Read(1.0, "B37", found)
    if _NO_WORDS.fullmatch(text) or text == "0":
        return Read(0.0, "B37", found)
    return Read(None, "B02" if _DASH.fullmatch(text) else "B37.unclear", found)


def read_status(cell: Cell | None) -> tuple[str, str]:
    """The state of an activity («» when empty or not understood) and the rule met."""
    if cell is None or not shown(cell):
        return "", ""
    text = plain(shown(cell)).rstrip(".!")
    if text in ACTIVITY_STATUSES:
        return text, ""
    near = {
        "не выполнено": r"не (?:выполн|провед|исполн)\w*|нет",
        "выполняется": r"(?:выполня|исполня|реализу)\w*|в работе|в процессе",
    }
    near |= {"выполнено": r"(?:выполн|провед|исполн|реализов)\w*|да"}
    for status, pattern in near.items():
        if re.fullmatch(pattern, text):
            return status, "B37"
    return "", "B47"


def read_date(cell: Cell | None) -> tuple[date | None, str]:
    """A date typed as a date or as text («20.6.22»), and the rule met."""
    text = "" if cell is None else shown(cell)
    if not text or cell is None:
        return None, ""
    match = _DATE_TEXT.fullmatch(plain(text))
    if match is None:
        return None, "B12.unclear"
    day, month, year = (int(part) for part in match.groups())
    try:
        found = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None, "B12.unclear"
    return found, "" if cell.kind == "date" else "B12"


def read_month(text: str) -> str | None:
    """The month key («2022-06») that a text names: «июнь 2022», «06.2022», «2022-06», «20.6.22»; None if not one."""
    text = plain(text[:_LONGEST])
    keys = {f"{int(y):04d}-{int(m):02d}" for y, m in re.findall(r"(?<!\d)(20\d\d)[-_./ ](0?[1-9]|1[0-2])(?!\d)", text)}
    if not keys:
        keys = {
            f"{int(y):04d}-{int(m):02d}" for m, y in re.findall(r"(?<!\d)(0?[1-9]|1[0-2])[-_./ ](20\d\d)(?!\d)", text)
        }
    for word, year in re.findall(r"([а-я]{3,})[\s_.-]*(20\d\d)", text):
        number = month_number(word)
        if number:
            keys.add(f"{year}-{number:02d}")
    return keys.pop() if len(keys) == 1 else None


def month_number(word: str) -> int | None:
    """1–12 for a Russian month in any case («июня»), else None."""
    for number, stem in enumerate(MONTH_STEMS, start=1):
        if word.startswith(stem) and (stem != "ма" or word in ("май", "мая", "маю", "мае", "маем")):
            return number
    return None


def read_choice(text: str, yes: str = REVISED, no: str = FIRST) -> bool | None:
    """True for «уточнённая» (or its like), False for the first sending, None for anything else."""
    key = plain(unicodedata.normalize("NFKC", text)).rstrip(".!")
    if key.startswith(plain(yes)[:5]):
        return True
    return False if not key or key.startswith(plain(no)[:5]) else None
