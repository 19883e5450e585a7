"""The demo city: 49 schools under neutral names, sized like a real city's, with a few that behave unusually."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.periods import Period

GROUP_SIZE = 450  # pupils of grades 5–11 that divide groups Б and В

# Kind and pupils of grades 5–11 (0: primary grades only), in the order of the numbers from 101.
_SIZES = """
СОШ 430, Гимназия 560, СОШ 480, Лицей 640, СОШ 470, Центр образования 620, СОШ 390, СОШ 300, Гимназия 610, СОШ 466,
СОШ 420, Лицей 700, СОШ 380, Гимназия 590, СОШ 410, СОШ 560, Центр образования 310, СОШ 430, СОШ 280, Гимназия 540,
СОШ 480, СОШ 520, Лицей 580, СОШ 510, СОШ 350, Начальная школа 0, СОШ 640, СОШ 466, Центр образования 520, СОШ 400,
СОШ 380, Гимназия 620, СОШ 330, СОШ 470, СОШ 690, СОШ 210, Лицей 720, СОШ 560, СОШ 780, СОШ 540, Начальная школа 0,
СОШ 720, СОШ 370, Начальная школа 0, Гимназия 650, СОШ 620, СОШ 690, Начальная школа 0, СОШ 850
"""

CLOSED, OPENED, SILENT, LATE, REPAIRED = "s136", "s143", "s133", "s128", "s124"
_OPEN_SINCE = {OPENED: "2021-09-01"}
_OPEN_UNTIL = {CLOSED: "2022-01-31"}
_CONDITIONS = {REPAIRED: "repair:2022-02-21/2022-08-31"}
_USUAL_START = "2000-09-01"

_ALIASES = {
    "СОШ": ("МБОУ СОШ № {n}", "МБОУ «Средняя общеобразовательная школа № {n}»", "Школа № {n}"),
    "Гимназия": ("МБОУ «Гимназия № {n}»", "МБОУ Гимназия № {n}"),
    "Лицей": ("МБОУ «Лицей № {n}»", "МБОУ Лицей № {n}"),
    "Центр образования": ("МАОУ «Центр образования № {n}»", "ЦО № {n}"),
    "Начальная школа": ("МБОУ «Начальная школа № {n}»", "НШ № {n}"),
}


@dataclass(frozen=True)
class DemoSchool:
    """One row of ``schools.csv`` and the size the model starts from."""

    school_id: str
    number: int
    name: str
    kind: str
    group: str
    grades: str
    valid_from: str
    valid_to: str
    aliases: str
    email: str
    conditions: str
    size: int

    def reports_for(self, month: Period) -> bool:
        """Does the school exist on the last day of the month's window?"""
        return self.valid_from <= month.end.isoformat() <= (self.valid_to or "9999")


SCHOOL_COLUMNS = (
    "school_id", "name", "kind", "group", "grades", "valid_from", "valid_to", "aliases", "email", "conditions",
)  # fmt: skip


def demo_schools() -> tuple[DemoSchool, ...]:
    """The 49 schools, by number."""
    entries = [entry.strip() for entry in _SIZES.replace("\n", " ").split(",")]
    return tuple(_school(101 + place, *_kind_and_size(entry)) for place, entry in enumerate(entries))


def _kind_and_size(entry: str) -> tuple[str, int]:
    kind, size = entry.rsplit(" ", 1)
    return kind, int(size)


def _school(number: int, kind: str, size: int) -> DemoSchool:
    school_id = f"s{number}"
    return DemoSchool(
        school_id=school_id,
        number=number,
        name=f"{kind} № {number}",
        kind=kind,
        group=_group(kind, size),
        grades=_grades(school_id, size),
        valid_from=_OPEN_SINCE.get(school_id, _USUAL_START),
        valid_to=_OPEN_UNTIL.get(school_id, ""),
        aliases="; ".join(text.format(n=number) for text in _ALIASES[kind]),
        email=f"{school_id}@example.invalid",
        conditions=_CONDITIONS.get(school_id, ""),
        size=size,
    )


def _group(kind: str, size: int) -> str:
    if size == 0:
        return "Г"
    if kind in ("Гимназия", "Лицей"):
        return "А"
    return "Б" if size >= GROUP_SIZE else "В"


def _grades(school_id: str, size: int) -> str:
    if size == 0:
        return "1–4"
    return "1–10" if school_id == OPENED else "1–11"
