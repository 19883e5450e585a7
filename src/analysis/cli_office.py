"""Commands of the office: send, due, site. No calculations here; heavy imports wait until they are needed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from analysis.cli_options import Data, Debug, Out, Params
from analysis.messages import DONE_IN_PART, Console, guarded

if TYPE_CHECKING:
    from analysis.distribution import Parcel
    from analysis.letters import Letters
    from analysis.workspace import Workspace

Yes = Annotated[bool, typer.Option("--yes", help="Отправить по электронной почте; без этого – только показать.")]


def add_commands(app: typer.Typer) -> None:
    """Hang the commands of this module on the application."""
    for command in (send, due, site):
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
        from analysis.distribution_period import period_parcels, without_parcel

        console = Console()
        space, letters = _open(data, params, out, 1, console)
        parsed = space.settings.parse_period(period)
        parcels = period_parcels(space, parsed, letters)
        if left := without_parcel(space, parsed, parcels):
            console.say(f"Без посылки, карты нет ({len(left)}): {', '.join(left)}.")
        _deliver(space, parsed.key, parcels, letters, yes, console)


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

        console = Console()
        space, letters = _open(data, params, out, 2, console)
        day = _day(on)
        _deliver(space, f"due-{day}", due_parcels(space, day, letters, console), letters, yes, console)


def site(data: Data = "", params: Params = "", out: Out = "", debug: Debug = False) -> None:
    """Страницы для публикации: «дорожная карта» и публичные редакции готовых отчётов."""
    with guarded(debug):
        from analysis.requests import workspace_with_data
        from analysis.site import make_site

        console = Console()
        result = make_site(workspace_with_data(data, params, out, 1, console))
        console.say(f"Страницы для публикации готовы: {result.folder / 'index.html'}")
        console.say(f"Периодов с публичными отчётами: {len(result.periods)}.")
        for period, reason in result.refused.items():
            console.say(f"Не опубликовано: {period} – {reason}.")
        if result.refused:
            raise typer.Exit(DONE_IN_PART)


def _open(data: str, params: str, out: str, jobs: int, console: Console) -> tuple[Workspace, Letters]:
    """The folders of a command, and its letters' wording."""
    from analysis.letters import load_letters
    from analysis.requests import workspace_with_data

    space = workspace_with_data(data, params, out, jobs, console)
    return space, load_letters(space.params)


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
