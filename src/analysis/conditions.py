"""Special conditions of a school as written in schools.csv: «repair:2022-02-21/2022-08-31;distance»."""

from __future__ import annotations

import re
from datetime import date

from analysis.periods import Period

_SPAN = re.compile(r"(?P<name>[^:]+)(?::(?P<first>\d{4}-\d\d-\d\d)?/(?P<last>\d{4}-\d\d-\d\d)?)?")
NAMES = {
    "repair": "капитальный ремонт",
    "distance": "дистанционное обучение",
    "relocation": "перевод в другое здание",
}


def conditions_in(text: str, period: Period) -> tuple[str, ...]:
    """Names of the conditions that touch the period's window; open ends and missing dates mean always."""
    found = (_SPAN.fullmatch(part.strip()) for part in text.split(";") if part.strip())
    return tuple(match["name"].strip() for match in found if match and _touches(match, period))


def _touches(match: re.Match[str], period: Period) -> bool:
    begun = not match["first"] or date.fromisoformat(match["first"]) <= period.end
    return begun and (not match["last"] or date.fromisoformat(match["last"]) >= period.start)
