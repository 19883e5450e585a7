"""What schools answer about the roadmap's activities in June and December: status, events, evidence."""

from __future__ import annotations

import numpy as np

from analysis.demo.months import stream
from analysis.demo.roster import DemoSchool
from analysis.intake.layout import ACTIVITY_STATUSES
from analysis.params.roadmap import Activity
from analysis.periods import Period
from analysis.settings import Settings

DONE, GOING, NOT_DONE = ACTIVITY_STATUSES
_DECEMBER = 12
_STATUS_CHANCES = {6: (0.80, 0.14, 0.06), _DECEMBER: (0.52, 0.40, 0.08)}
_NO_ANSWER = 0.02
# One event counts under one activity; how the half-year's events divide among those that hold events.
_EVENT_SHARES = {"2.3": 0.12, "2.5": 0.30, "2.6": 0.04, "2.7": 0.06, "2.9": 0.36, "2.13": 0.03, "3.5": 0.09}
_EVIDENCE = (
    "приказ от {day}.{month:02d}.{year} № {number}",
    "план работы на {first}/{second} учебный год",
    "справка по итогам, {month:02d}.{year}",
    "размещено на сайте школы {day}.{month:02d}.{year}",
    "протокол педсовета № {number}",
)

Answer = tuple[str | None, int | None, str | None]


def activity_answers(school: DemoSchool, month: Period, n_events: float, settings: Settings) -> dict[str, Answer]:
    """Activity → (status, events, evidence); events add up to the half-year's events of the form."""
    chance = stream("activities", school.school_id, month.key)
    asked = [activity for activity in settings.activities if _is_asked(activity, month)]
    events = _divide(int(n_events), [activity.code for activity in asked], chance)
    return {a.code: _answer(month, events.get(a.code), chance) for a in asked}


def _is_asked(activity: Activity, month: Period) -> bool:
    in_season = activity.reported_in == "any" or month.number == _DECEMBER
    return activity.reported_by_schools and in_season


def _divide(n_events: int, codes: list[str], chance: np.random.Generator) -> dict[str, int]:
    shares = {code: _EVENT_SHARES[code] for code in codes if code in _EVENT_SHARES}
    if not shares:
        return {}
    weights = np.array(list(shares.values()))
    return dict(zip(shares, map(int, chance.multinomial(n_events, weights / weights.sum())), strict=True))


def _answer(month: Period, events: int | None, chance: np.random.Generator) -> Answer:
    day, number = int(chance.integers(1, 20)), int(chance.integers(11, 320))
    pattern = _EVIDENCE[chance.integers(len(_EVIDENCE))]
    silent, roll = chance.random() < _NO_ANSWER, chance.random()
    if silent and not events:
        return None, None, None
    status = _status(month, events, roll)
    if status == NOT_DONE:
        return status, events, None
    first = month.year - (month.number < 9)
    evidence = pattern.format(
        day=f"{day:02d}", month=month.number - int(chance.integers(0, 4)), year=month.year, number=number,
        first=first, second=first + 1,
    )  # fmt: skip
    return status, events, evidence


def _status(month: Period, events: int | None, roll: float) -> str:
    """An activity that holds events is done when there was one."""
    if events is None:
        return ACTIVITY_STATUSES[_choice(roll, _STATUS_CHANCES[month.number])]
    if events:
        return DONE
    return GOING if roll < 0.6 else NOT_DONE


def _choice(roll: float, chances: tuple[float, ...]) -> int:
    return int(np.searchsorted(np.cumsum(chances)[:-1], roll, side="right"))
