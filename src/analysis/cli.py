"""The commands. No calculations here; heavy imports wait until a command needs them."""

from __future__ import annotations

import dataclasses
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analysis import cli_office, cli_setup
from analysis.cli_options import Data, Debug, Out, Params
from analysis.messages import DONE_IN_PART, FAILED, Console, guarded

if TYPE_CHECKING:
    from analysis.requests import ReportRequest
    from analysis.summary import ReportSummary

app = typer.Typer(
    name="analysis",
    help="«Ориентир»: мониторинг профориентации – от форм школ до отчётов.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Jobs = Annotated[int, typer.Option("--jobs", min=1, help="Сколько процессов.")]
CORES = os.cpu_count() or 1


@app.command()
def report(
    period: Annotated[str, typer.Argument(help="2022-03, 2022H1, 2022 или 2021-2025.")],
    data: Data = "",
    baseline: Annotated[str, typer.Option("--baseline", help="Период сравнения вместо АППГ.")] = "",
    schools: Annotated[str, typer.Option("--schools", help="all, none или коды школ через запятую.")] = "all",
    jobs: Jobs = CORES,
    force: Annotated[bool, typer.Option("--force", help="Собрать заново и то, что не изменилось.")] = False,
    cluster: Annotated[str, typer.Option("--cluster", help="Адрес планировщика Dask, например tcp://host:8786.")] = "",
    params: Params = "",
    out: Out = "",
    debug: Debug = False,
) -> None:
    """Всё за период: приём форм, расчёт, отчёты всех редакций, карты школ, книга, указатель."""
    with guarded(debug):
        from analysis.requests import report_request

        started = time.monotonic()
        console = Console()
        request = report_request(period, data, baseline, schools, jobs, params, out, console)
        request = dataclasses.replace(request, force=force, cluster=cluster)
        summary = _make(request, console)
        console.print_summary(summary, request, time.monotonic() - started)
        if summary.failures:
            raise typer.Exit(DONE_IN_PART)


def _make(request: ReportRequest, console: Console) -> ReportSummary:
    from analysis.report.zygote import start_early
    from analysis.unchanged import unchanged_report

    if (summary := unchanged_report(request)) is not None:
        return summary
    start_early()
    from analysis.pipeline import make_report

    with console.progress() as progress:
        return make_report(request, progress)


@app.command()
def intake(data: Data = "", jobs: Jobs = CORES, params: Params = "", debug: Debug = False) -> None:
    """Прочитать новые формы из inbox/, сохранить замечания и протоколы школ."""
    with guarded(debug):
        from analysis.intake.run import run_intake
        from analysis.requests import workspace_with_data

        console = Console()
        space = workspace_with_data(data, params, "", jobs, console)
        with console.progress() as progress:
            result = run_intake(space.data, space.settings, jobs=jobs, progress=progress)
        console.print_intake(result, space)


@app.command()
def forms(
    period: Annotated[str, typer.Argument(help="Месяц, например 2022-06.")],
    data: Data = "",
    params: Params = "",
    out: Out = "",
    debug: Debug = False,
) -> None:
    """Подготовить формы для рассылки школам."""
    with guarded(debug):
        from analysis.requests import make_forms, workspace_with_data

        console = Console()
        space = workspace_with_data(data, params, out, 1, console)
        with console.progress() as progress:
            folder, count = make_forms(space, period, progress)
        console.say(f"Готово форм: {count}. Папка: {folder}")


@app.command()
def demo(data: Data = "demo", jobs: Jobs = CORES, params: Params = "", debug: Debug = False) -> None:
    """Сформировать демонстрационные данные (всегда одинаковые)."""
    with guarded(debug):
        from analysis.requests import make_demo
        from analysis.workspace import open_workspace

        console = Console()
        space = open_workspace(data=data, params=params)
        make_demo(space, jobs, console)
        console.say(f"Демонстрационные данные готовы: {space.data}")


@app.command()
def lab(
    data: Data = "",
    params: Params = "",
    debug: Debug = False,
    arguments: Annotated[list[str] | None, typer.Argument(help="Параметры JupyterLab.")] = None,
) -> None:
    """Открыть JupyterLab на папке notebooks/."""
    with guarded(debug):
        from analysis.building import notebooks_folder
        from analysis.workspace import open_workspace

        folder = notebooks_folder(open_workspace(data=data, params=params))
        quiet = ["--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
        quiet.append(f"--LabApp.app_settings_dir={Path(__file__).parent / 'starter' / 'lab'}")
        command = [sys.executable, "-m", "jupyterlab", f"--notebook-dir={folder}", *quiet, *(arguments or [])]
        os.execv(sys.executable, command) if os.name == "posix" else _run(command)


def _run(command: list[str]) -> None:
    import subprocess

    raise typer.Exit(subprocess.call(command))


@app.command()
def verify(
    period: Annotated[str, typer.Argument(help="Период готового отчёта.")],
    data: Data = "",
    params: Params = "",
    out: Out = "",
    jobs: Jobs = CORES,
    debug: Debug = False,
) -> None:
    """Собрать отчёт заново в стороне и сравнить каждый файл побайтно."""
    with guarded(debug):
        from analysis.requests import report_request
        from analysis.verification import verify_report

        console = Console()
        request = report_request(period, data, "", "", jobs, params, out, console)
        with console.progress() as progress:
            different = verify_report(request, progress)
        if different:
            console.say("Отличаются: " + ", ".join(different[:20]))
            raise typer.Exit(FAILED)
        console.say("Все файлы совпали побайтно.")


cli_office.add_commands(app)
cli_setup.add_commands(app)


def _speak_utf8() -> None:
    """Begin again in Python's UTF-8 mode where the locale is of another kind: it would misread names of files."""
    if os.name == "posix" and sys.getfilesystemencoding() != "utf-8":
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, sys.orig_argv)


def main() -> None:
    """Entry point; wrong options end with code 2 like any wrong request."""
    _speak_utf8()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    app()
