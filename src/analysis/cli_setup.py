"""Commands of the first day: init, doctor. Heavy imports wait until they are needed."""

from __future__ import annotations

import typer

from analysis.cli_options import Data, Debug, Out, Params
from analysis.messages import DONE_IN_PART, Console, guarded


def add_commands(app: typer.Typer) -> None:
    """Hang the commands of this module on the application."""
    app.command()(doctor)


def doctor(data: Data = "", params: Params = "", out: Out = "", debug: Debug = False) -> None:
    """Годится ли этот компьютер и эта папка для работы и что исправить. Код 1 – чего-то нужного нет."""
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
