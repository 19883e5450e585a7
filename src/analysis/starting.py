"""`init`: a data folder of one's own, with params inside it and a list of schools to fill in.

The indicators, checks and letters begin as copies of the project's, without what belongs to its own order.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from string import Template

from analysis.files import reason_of, write_whole
from analysis.intake.identity import REQUIRED_COLUMNS, check_groups, load_schools
from analysis.letters import load_letters
from analysis.periods import PeriodError, parse_period
from analysis.settings import load_settings
from analysis.workspace import DEMO_NAME, OWN_PARAMS, RequestError

COLUMNS = (*REQUIRED_COLUMNS, "conditions")
_OF_THE_ORDER = re.compile(r"^  (clauses|activities|basis): .*\n", re.MULTILINE)
_TARGETS = re.compile(r"^(  targets: )\{(.*)\}$", re.MULTILINE)
_NAME = re.compile(r"[^\W_][\w-]*")


@dataclass(frozen=True)
class Answers:
    """What init has to know; texts are as reports print them.

    groups : «А=Гимназии и лицеи»; after a second «=» the codes of the only indicators that apply, by commas
    first_month : the first one that is due; ``order_*`` empty: no order, no roadmap
    """

    name: str
    institution: str
    city: str
    city_genitive: str
    short_name: str = ""
    founder: str = ""
    department: str = ""
    director_position: str = "Директор"
    director_name: str = ""
    executor_position: str = ""
    executor_name: str = ""
    groups: tuple[str, ...] = ("А=Гимназии и лицеи", "Б=Школы")
    first_month: str = ""
    last_year: int = 0
    hours: int = 3
    order_number: str = ""
    order_date: str = ""
    order_title: str = ""
    order_issuer: str = ""

    @property
    def month(self) -> str:
        """The first month that is due; by default the current half-year's, because one begun later is no deadline."""
        today = date.today()
        return self.first_month or f"{today.year}-{'01' if today.month < 7 else '07'}"

    @property
    def years(self) -> range:
        """From the first year to the last; five when nothing is said."""
        first = int(self.month[:4])
        return range(first, (self.last_year or first + 4) + 1)


def start(folder: Path, shipped: Path, answers: Answers) -> Path:
    """Make the data folder whole or not at all; returns it. Raises RequestError, SettingsError, SchoolsError.

    shipped : the params folder that the indicators, checks and letters are copied from
    """
    _check(folder, answers)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise RequestError(f"В папку {folder.parent} нельзя писать ({reason_of(error)}).") from None
    try:
        _write(draft, shipped, answers)
        validate(draft)
        draft.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        draft.rename(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return folder


def validate(folder: Path) -> None:
    """Params and schools.csv, the example row too, are what the other commands will accept."""
    settings = load_settings(folder / OWN_PARAMS)
    load_letters(folder / OWN_PARAMS)
    check_groups(load_schools(folder / "schools.csv"), [group.code for group in settings.project.groups])
    with tempfile.TemporaryDirectory() as scratch:
        example = Path(scratch) / "schools.csv"
        example.write_text((folder / "schools.csv").read_text(encoding="utf-8-sig").replace("\n#", "\n"), "utf-8")
        check_groups(load_schools(example), [group.code for group in settings.project.groups])


def _check(folder: Path, answers: Answers) -> None:
    if not _NAME.fullmatch(folder.name) or folder.name == DEMO_NAME:
        raise RequestError(
            f"Имя папки «{folder.name}» не подходит: нужны буквы, цифры, дефис или подчёркивание, и не «{DEMO_NAME}»."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RequestError(f"Папка {folder} уже есть и не пуста: она не тронута. Назовите другую.")
    try:
        kind: str = parse_period(answers.month).kind
    except PeriodError:
        kind = ""
    if kind != "month":
        raise RequestError(f"Первый месяц «{answers.first_month}» не распознан: нужен вида 2025-09.")
    if not answers.years or len(answers.years) > 30:
        raise RequestError(f"Последний год {answers.last_year}: нужен от {answers.month[:4]} и не дальше 30 лет.")
    for group in answers.groups:
        if not re.fullmatch(r"[^=\s]{1,10}=[^=]+(=[^=]+)?", group):
            raise RequestError(f"Группа «{group}»: нужен вид «код=название», например «А=Гимназии и лицеи».")
    codes = [group.partition("=")[0] for group in answers.groups]
    if len(set(codes)) < len(codes):
        raise RequestError("Коды групп не должны повторяться.")


def _write(draft: Path, shipped: Path, answers: Answers) -> None:
    params = draft / OWN_PARAMS
    for name in ("inbox", "imports", f"{OWN_PARAMS}/periods"):
        (draft / name).mkdir(parents=True)
    _put(params / "project.yaml", project_text(answers))
    _put(params / "indicators.yaml", indicators_text((shipped / "indicators.yaml").read_text("utf-8"), answers))
    _put(params / "letters.yaml", (shipped / "letters.yaml").read_text("utf-8"))
    if answers.order_number:
        _put(params / "roadmap.yaml", roadmap_text(answers))
    _put(draft / "schools.csv", "\ufeff" + schools_text(answers))


def _put(path: Path, text: str) -> None:
    write_whole(path, text.encode("utf-8"))


def project_text(answers: Answers) -> str:
    """``project.yaml`` with the answers; every text in quotes, so that none of it means anything to YAML."""
    words = {key: _quoted(value) for key, value in vars(answers).items() if isinstance(value, str)}
    words["short_name"] = _quoted(answers.short_name or answers.institution)
    words |= {"data": _quoted(answers.name), "hours": str(answers.hours), "first_month": _quoted(answers.month)}
    words |= {"last_year": str(answers.years[-1]), "groups": "\n".join(map(_group, answers.groups))}
    return _starter("project.yaml").substitute(words)


def _group(text: str) -> str:
    code, name, *only = (part.strip() for part in text.split("="))
    lines = [f"- code: {_quoted(code)}", f"  name: {_quoted(name)}"]
    if only:
        lines.append(f"  indicators: {_quoted([part.strip() for part in only[0].split(',')])}")
    return "\n".join(lines)


def indicators_text(text: str, answers: Answers) -> str:
    """The shipped set without references to its order, its targets moved to the years of the new monitoring."""
    text = _OF_THE_ORDER.sub("", text)
    text = re.sub(r"^version: .*$", f'version: "{answers.years[0]}-1"', text, flags=re.MULTILINE)
    return _TARGETS.sub(lambda found: found[1] + _moved(found[2], answers.years), text)


def _moved(targets: str, years: range) -> str:
    """«2021: 50, 2022: 60» for other years; the last target stays for further ones."""
    values = [part.partition(":")[2].strip() for part in targets.split(",") if part.strip()]
    pairs = [f"{year}: {values[min(place, len(values) - 1)]}" for place, year in enumerate(years) if values]
    return "{" + ", ".join(pairs) + "}"


def roadmap_text(answers: Answers) -> str:
    """``roadmap.yaml`` with the order and no activities yet."""
    words = {"title": _quoted(answers.order_title or "Дорожная карта"), "number": _quoted(answers.order_number)}
    words |= {"issuer": _quoted(answers.order_issuer or answers.institution), "date": _quoted(answers.order_date)}
    words |= {"first_year": str(answers.years[0]), "last_year": str(answers.years[-1])}
    return _starter("roadmap.yaml").substitute(words)


def schools_text(answers: Answers) -> str:
    """The header and an example that is a comment until its «#» is taken away."""
    code = answers.groups[0].partition("=")[0].strip()
    example = (
        "s01",
        "Гимназия № 1",
        "Гимназия",
        code,
        "1-11",
        "",
        "",
        "МБОУ Гимназия № 1; 1 гимназия",
        "s01@example.ru",
    )
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\n")  # as a Russian Excel opens it in columns
    writer.writerow(COLUMNS)
    writer.writerow((f"#{example[0]}", *example[1:], ""))
    return text.getvalue()


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _starter(name: str) -> Template:
    return Template(resources.files("analysis").joinpath("starter", name).read_text(encoding="utf-8"))
