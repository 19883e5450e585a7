"""Commands of the office: send, due, doctor, init. No calculations here; heavy imports wait until they are needed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.messages import DONE_IN_PART, Console, guarded

if TYPE_CHECKING:
    from analysis.distribution import Parcel
    from analysis.letters import Letters
    from analysis.workspace import Workspace

Data = Annotated[str, typer.Option("--data", help="Папка данных: имя в data/ или путь.")]
Params = Annotated[str, typer.Option("--params", help="Папка параметров вместо params/.")]
Out = Annotated[str, typer.Option("--out", help="Папка отчётов вместо reports/.")]
Yes = Annotated[bool, typer.Option("--yes", help="Отправить по электронной почте; без этого – только показать.")]
Debug = Annotated[bool, typer.Option("--debug", help="При ошибке показать трассировку.")]


def add_commands(app: typer.Typer) -> None:
    """Hang the commands of this module on the application."""
    for command in (send, due):
        app.command()(command)


def send(
    period: Annotated[str, typer.Argument(help="Период готового отчёта.")],
    yes: Yes = False,
    data: Data = "",
    params: Params = "",
    out: Out = "",
    debug: Debug = False,
) -> None:
    """Посылка каждой школе: карта, протокол, письмо. Без --yes – показать, что и на какой адрес уйдёт."""
    with guarded(debug):
        from analysis.distribution_period import period_parcels
        from analysis.letters import load_letters
        from analysis.requests import workspace_with_data

        console = Console()
        space = workspace_with_data(data, params, out, 1, console)
        letters = load_letters(space.params)
        parsed = space.settings.parse_period(period)
        _deliver(space, parsed.key, period_parcels(space, parsed, letters), letters, yes, console)


def due(
    on: Annotated[str, typer.Option("--on", help="День, например 2022-06-21; по умолчанию сегодня.")] = "",
    yes: Yes = False,
    data: Data = "",
    params: Params = "",
    out: Out = "",
    debug: Debug = False,
) -> None:
    """Сроки, долги и открытые замечания на день; напоминания школам и календарь сроков."""
    with guarded(debug):
        from analysis.due_report import due_parcels
        from analysis.letters import load_letters
        from analysis.requests import workspace_with_data

        console = Console()
        space = workspace_with_data(data, params, out, 2, console)
        letters = load_letters(space.params)
        day = _day(on)
        _deliver(space, f"due-{day}", due_parcels(space, day, letters, console), letters, yes, console)


def _day(text: str) -> date:
    from analysis.workspace import RequestError

    try:
        return date.fromisoformat(text) if text else date.today()
    except ValueError:
        raise RequestError(f"День «{text}» не распознан: нужна дата вида 2022-06-21.") from None


def _deliver(
    space: Workspace, topic: str, parcels: list[Parcel], letters: Letters, yes: bool, console: Console
) -> None:
    """Lay the parcels down, show the table, send if told; exit code 1 when some were not sent."""
    from analysis.distribution_run import deliver

    if not deliver(space, topic, parcels, letters, yes, console):
        raise typer.Exit(DONE_IN_PART)
