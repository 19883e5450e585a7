"""Russian numbers, dates and counted nouns as text: pure functions used by tables, charts and wording.

The decimal comma, the group separator (a no-break space) and the plural rule come from Babel's data for Russian.
Halves are rounded away from zero, as the reader's spreadsheet does. Missing is «—», never 0.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from numbers import Integral, Real
from typing import Any, Literal

import pandas as pd
from babel import Locale
from babel.dates import format_date as babel_date
from babel.numbers import get_decimal_symbol, get_group_symbol

MISSING = "—"
NBSP = "\u00a0"
MINUS = "\u2212"
EN_DASH = "–"

_RUSSIAN = Locale("ru")
_COMMA = get_decimal_symbol(_RUSSIAN)
_GROUP = get_group_symbol(_RUSSIAN)
_WIDE = Context(prec=400, rounding=ROUND_HALF_UP)  # room for every float there is


def is_missing(value: Any) -> bool:
    """True for None, NaN, NaT and pandas' NA; infinities count as missing too, for no reader can use them."""
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, Real) and not math.isfinite(value)


def format_number(value: Any, digits: int | None = None, unit: str = "", signed: bool = False) -> str:
    """A number as text: «12 345», «4,2», «−0,5 чел.».

    Parameters
    ----------
    value : a number, or missing (→ «—»)
    digits : decimals shown; by default none for whole numbers, else one
    unit : put after the number with a no-break space
    signed : «+» before positive numbers; what rounds to zero has no sign
    """
    if is_missing(value):
        return MISSING
    exact = Decimal(int(value)) if isinstance(value, Integral) else Decimal(repr(float(value)))
    if digits is None:
        digits = 0 if exact == exact.to_integral_value() else 1
    rounded = exact.quantize(Decimal(1).scaleb(-digits), context=_WIDE)
    text = f"{abs(rounded):,f}".replace(",", "\0").replace(".", _COMMA).replace("\0", _GROUP)
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return f"{sign}{text}{NBSP + unit if unit else ''}"


def format_percent(value: Any, digits: int = 1) -> str:
    """A share given in percent (0–100): «95,7 %»."""
    return format_number(value, digits, "%")


def whole_attainment(value: Any) -> Any:
    """Attainment of a target for printing in whole percents: what misses the target does not round up to 100."""
    return min(value, 99) if not is_missing(value) and value < 100 else value


def format_pp(value: Any, digits: int = 1) -> str:
    """A change in percentage points, always with its sign: «+4,2 п.п.», «−6,1 п.п.», «0,0 п.п.»."""
    return format_number(value, digits, "п.п.", signed=True)


def answer_change(change: Any) -> str:
    """How one school's yes-or-no answer changed: «нет → да», «да → нет», «без изменений»; missing → «—»."""
    if is_missing(change):
        return MISSING
    return "без изменений" if change == 0 else "нет → да" if change > 0 else "да → нет"


def format_interval(low: Any, high: Any, digits: int = 1, unit: str = "") -> str:
    """An interval: «12,3–15,6 %»; «от −1,2 до 3,4 п.п.» when a bound is negative, for «−1–3» cannot be read."""
    if is_missing(low) or is_missing(high):
        return MISSING
    ends = format_number(low, digits), format_number(high, digits)
    tail = f"{NBSP}{unit}" if unit else ""
    if MINUS in "".join(ends):
        return f"от{NBSP}{ends[0]} до{NBSP}{ends[1]}{tail}"
    return f"{EN_DASH.join(ends)}{tail}"


def format_places(low: Any, high: Any = None) -> str:
    """A place or an interval of places: «7», «3–14»."""
    if is_missing(low):
        return MISSING
    if is_missing(high) or int(high) == int(low):
        return str(int(low))
    return f"{int(low)}{EN_DASH}{int(high)}"


def format_date(value: Any, style: Literal["long", "short"] = "long") -> str:
    """A date, datetime or ISO text as «20 июня 2022 г.» (long) or «20.06.2022» (short).

    Raises
    ------
    ValueError : text that is not an ISO date
    """
    if is_missing(value) or value == "":
        return MISSING
    day = date.fromisoformat(value[:10]) if isinstance(value, str) else _day(value)
    if style == "short":
        return f"{day:%d.%m.%Y}"
    return _long_date(day)


def _day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


@cache
def _long_date(day: date) -> str:
    return babel_date(day, "d MMMM y 'г.'", locale=_RUSSIAN).replace(" ", NBSP)


def plural(n: Any, one: str, few: str, many: str) -> str:
    """The form of a noun that goes with a number: plural(2, "школа", "школы", "школ") → «школы».

    Fractions take the genitive singular, which Russian nouns share with `few`: «1,5 школы».
    """
    forms = {"one": one, "few": few, "many": many, "other": few}
    return forms[_RUSSIAN.plural_form(abs(int(n)) if float(n).is_integer() else abs(float(n)))]


def count_noun(n: Any, noun: tuple[str, str, str], digits: int | None = None) -> str:
    """A number with a noun given as (1 договор, нет договора, нет договоров): «2 договора», «2,7 договора».

    Nouns that are adjectives take the genitive plural after 2, 3 and 4: «2 обучающихся». A number shown with decimals
    takes the genitive singular.
    """
    one, of_one, of_many = noun
    if is_missing(n):
        return MISSING
    text = format_number(n, digits)
    if _COMMA in text:
        return f"{text}{NBSP}{of_one}"
    few = of_many if of_one.partition(" ")[0].endswith(("ого", "его", "гося")) else of_one
    return f"{text}{NBSP}{plural(round(float(n)), one, few, of_many)}"


def lack_of(n: Any, noun: tuple[str, str, str]) -> str:
    """What there is too little of, in the genitive: «21 договора», «2 договоров»."""
    whole = not is_missing(n) and float(n).is_integer()
    return count_of(n, noun[1], noun[2], noun[2]) if whole else count_noun(n, noun)


def full_stop(text: str) -> str:
    """A sentence with its full stop, and only one: «… 20 июня 2022 г.» ends in one already."""
    return text if text.endswith(".") else f"{text}."


def lower_first(text: str) -> str:
    """A name inside a sentence: «экскурсии на предприятия»; «СОШ № 1» and «„Билет в будущее“» stay as they are."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def upper_first(text: str) -> str:
    """A phrase that opens a sentence or a cell."""
    return text[:1].upper() + text[1:]


def count_of(n: Any, one: str, few: str, many: str) -> str:
    """A number with its noun: «44 школы», «1 234 обучающихся»; missing → «—»."""
    if is_missing(n):
        return MISSING
    return f"{format_number(n)}{NBSP}{plural(n, one, few, many)}"
