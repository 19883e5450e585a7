"""Commands of the first day: init, doctor. Heavy imports wait until they are needed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analysis.cli_options import Data, Debug, Out, Params
from analysis.messages import DONE_IN_PART, Console, guarded

if TYPE_CHECKING:
    from pathlib import Path

Group = Annotated[list[str] | None, typer.Option("--group", help="Группа: «А=Гимназии и лицеи»; можно несколько раз.")]


def add_commands(app: typer.Typer) -> None:
    """Hang the commands of this module on the application."""
    for command in (init, doctor):
        app.command()(command)


def init(
    name: Annotated[str, typer.Argument(help="Имя новой папки в data/ или путь.")],
    institution: Annotated[str, typer.Option("--institution", help="Полное название учреждения.")] = "",
    short_name: Annotated[str, typer.Option("--short-name", help="Краткое название.")] = "",
    founder: Annotated[str, typer.Option("--founder", help="Учредитель: первая строка шапки.")] = "",
    department: Annotated[str, typer.Option("--department", help="Отдел, который ведёт мониторинг.")] = "",
    city: Annotated[str, typer.Option("--city", help="Город: Тула.")] = "",
    city_genitive: Annotated[str, typer.Option("--city-genitive", help="Чего: города Тулы.")] = "",
    director_position: Annotated[str, typer.Option("--director-position", help="Должность подписывающего.")] = "",
    director_name: Annotated[str, typer.Option("--director-name", help="И.О. Фамилия подписывающего.")] = "",
    executor_position: Annotated[str, typer.Option("--executor-position", help="Должность исполнителя.")] = "",
    executor_name: Annotated[str, typer.Option("--executor-name", help="И.О. Фамилия исполнителя.")] = "",
    group: Group = None,
    first_month: Annotated[
        str, typer.Option("--first-month", help="С какого месяца ждать формы: 2025-07, начало полугодия.")
    ] = "",
    last_year: Annotated[int, typer.Option("--last-year", help="По какой год; по умолчанию пять лет.")] = 0,
    hours: Annotated[int, typer.Option("--hours", min=-12, max=14, help="Часов от UTC.")] = 3,
    order_number: Annotated[
        str, typer.Option("--order-number", help="Номер приказа о мониторинге, если он есть.")
    ] = "",
    order_date: Annotated[str, typer.Option("--order-date", help="Дата приказа: 2025-08-20.")] = "",
    order_title: Annotated[str, typer.Option("--order-title", help="Название приказа.")] = "",
    order_issuer: Annotated[str, typer.Option("--order-issuer", help="Кто издал приказ.")] = "",
    params: Params = "",
    debug: Debug = False,
) -> None:
    """Папка данных своего города: параметры, список школ для заполнения. О чём не сказано, спросит."""
    given = dict(locals())
    with guarded(debug):
        from analysis.starting import Answers, start
        from analysis.workspace import open_workspace

        space = open_workspace(data=name, params=params)
        texts = {key: given[key] for key in Answers.__dataclass_fields__ if given.get(key)}
        answers = Answers(**(_ask(texts) | {"name": space.data_name, "groups": tuple(group or Answers.groups)}))
        _next_steps(start(space.data, space.params, answers), name, answers.month, Console())


def _ask(given: dict[str, Any]) -> dict[str, Any]:
    """The answers that were not given: asked on a terminal; elsewhere what cannot be guessed is an error."""
    from analysis.workspace import RequestError

    needed = {"institution": "Полное название учреждения", "city": "Город", "city_genitive": "Чего (города Тулы)"}
    optional = {"short_name": "Краткое название", "founder": "Учредитель", "director_name": "И.О. Фамилия директора"}
    missing = [key for key in needed if key not in given]
    if missing and not sys.stdin.isatty():
        options = ", ".join("--" + key.replace("_", "-") for key in missing)
        raise RequestError(f"Не указано: {options}. Список параметров: analysis init --help.")
    if not missing:
        return given
    asked: dict[str, Any] = {key: typer.prompt(needed[key]) for key in missing}
    asked |= {key: typer.prompt(text, default="") for key, text in optional.items() if key not in given}
    return given | asked


def _next_steps(folder: Path, name: str, month: str, console: Console) -> None:
    for line in (
        f"Папка готова и проверена: {folder}",
        f"1. Впишите школы в {folder / 'schools.csv'} (строка с # – образец; она не читается).",
        f"2. Просмотрите {folder / 'params'}: показатели и цели – образец, замените их своими.",
        f"3. Проверьте: analysis doctor --data {name}",
        f"4. Формы школам: analysis forms {month} --data {name}",
        f"5. Присланное сложите в {folder / 'inbox'} и соберите отчёт: analysis report {month} --data {name}",
    ):
        console.say(line)


def doctor(data: Data = "", params: Params = "", out: Out = "", debug: Debug = False) -> None:
    """Годятся ли компьютер и папки для работы и что исправить. Код 1 – чего-то нужного нет."""
    with guarded(debug):
        from analysis.doctor import examine, fit

        console, lines = Console(), []
        for line in examine(data, params, out):
            console.say(str(line))
            lines.append(line)
        if not fit(lines):
            console.say("Работать пока нельзя: исправьте отмеченное «не годится» и повторите.")
            raise typer.Exit(DONE_IN_PART)
        console.say("Можно работать.")
