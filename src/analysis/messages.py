"""What commands say: progress, the closing summary, and one clear line for every failure."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from analysis.intake.run import IntakeResult
    from analysis.requests import ReportRequest
    from analysis.summary import ReportSummary
    from analysis.workspace import Workspace

DONE_IN_PART, WRONG_REQUEST, FAILED = 1, 2, 3
_NAMED_AT_MOST = 12
STOPPED = "Остановлено. Прежний отчёт, если он был, не изменён; повторный запуск продолжит с готового."


@contextmanager
def guarded(debug: bool) -> Iterator[None]:
    """Turn errors into one Russian line and the contract's exit codes; ``debug`` adds the traceback."""
    import typer

    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        raise _stop(130, STOPPED, False) from None
    except Exception as error:
        raise _stop(exit_code(error), _message(error), debug) from None


def exit_code(error: Exception) -> int:
    """2 when the request was wrong and nothing was written, 3 for everything else."""
    from analysis.periods import PeriodError
    from analysis.workspace import RequestError
    from analysis.yamlfile import SettingsError

    return WRONG_REQUEST if isinstance(error, PeriodError | RequestError | SettingsError) else FAILED


def _message(error: Exception) -> str:
    from analysis.report.failures import full_disk

    text = " ".join(str(error).split()) or type(error).__name__
    if no_room := full_disk(error):
        return no_room
    if type(error).__module__.startswith("analysis.") and not isinstance(error, AssertionError):
        return text  # our own errors are written for people
    return f"Не получилось: {type(error).__name__}: {text.rstrip('.')}. Подробности: та же команда с --debug."


def _stop(code: int, message: str, debug: bool) -> Exception:
    import typer

    if debug:
        traceback.print_exc()
    print(message, file=sys.stderr)
    return typer.Exit(code)


class Console:
    """Lines for a person; a progress bar on a terminal, sparse lines elsewhere."""

    def say(self, text: str) -> None:
        """Print one line."""
        print(text)

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int, int], None]]:
        """A function (what, done, of how many) that moves the bar."""
        from rich.console import Console as Screen
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        screen = Screen(stderr=True)
        columns = (
            TextColumn("{task.description:<28}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        with Progress(*columns, console=screen, disable=not screen.is_terminal) as bar:
            yield _Bar(bar, screen)

    def print_summary(self, summary: ReportSummary, request: ReportRequest, seconds: float) -> None:
        """Where the reports are, who reported, and how long it took."""
        from analysis.report.numbers import plural

        self.say(f"Отчёт за {request.period.title()} готов: {summary.folder / 'index.html'}")
        self.say(f"Формы представили {summary.reported} из {summary.expected} школ, карт: {summary.cards}.")
        self._tell_unchanged(summary)
        self._name("С опозданием", summary.late)
        self._name("Не представили", summary.missing)
        for name, reason in summary.failures.items():
            self.say(f"Не сделано: {name} – {reason}")
        whole = round(seconds)
        self.say(f"Время: {whole} {plural(whole, 'секунда', 'секунды', 'секунд')}.")

    def _tell_unchanged(self, summary: ReportSummary) -> None:
        from analysis.report.numbers import count_of

        def cards(number: int) -> str:
            return count_of(number, "карта", "карты", "карт")

        built = summary.cards - summary.unchanged_cards - summary.resumed_cards
        parts = [f"{cards(summary.unchanged_cards)} без изменений"] if summary.unchanged_cards else []
        parts += [f"из прерванного запуска – {cards(summary.resumed_cards)}"] if summary.resumed_cards else []
        parts += [f"заново – {cards(built)}"] if parts and built else []
        if parts:
            text = ", ".join(parts)
            self.say(f"{text[0].upper()}{text[1:]}.")
        if summary.unchanged:
            self.say("Исходные данные не изменились: отчёт оставлен как есть (собрать заново: FORCE=yes или --force).")

    def _name(self, title: str, names: tuple[str, ...]) -> None:
        if names:
            more = f" и ещё {len(names) - _NAMED_AT_MOST}" if len(names) > _NAMED_AT_MOST else ""
            self.say(f"{title} ({len(names)}): {', '.join(names[:_NAMED_AT_MOST])}{more}.")

    def print_intake(self, result: IntakeResult, space: Workspace) -> None:
        """How many files and findings, what has to be put right, and where the protocols are."""
        from analysis.intake.findings import awaiting_answer

        findings = result.findings
        waiting = awaiting_answer(findings)
        errors = waiting[waiting["severity"] == "error"].sort_values("received_at", ascending=False, kind="stable")
        for row in errors.head(_NAMED_AT_MOST).to_dict("records"):
            self.say(f"Вернуть: {_finding(row)}")
        if len(errors) > _NAMED_AT_MOST:
            self.say(f"… и ещё {len(errors) - _NAMED_AT_MOST}.")
        if len(waiting):
            self.say(f"Все вопросы к школам – в протоколах: {space.data / 'protocols'}")
        counts = findings["severity"].value_counts()
        files = result.register.drop_duplicates(["file_sha256", "file_name"])
        self.say(
            f"Файлов в журнале: {len(files)}, замечаний: {len(findings)} "
            f"(вернуть {counts.get('error', 0)}, уточнить {counts.get('query', 0)}, "
            f"к сведению {counts.get('note', 0)}). Папка: {space.data}"
        )


def _finding(row: dict[str, str]) -> str:
    """«forma.xlsx, Месяц, D14: около 20. Укажите точное число.» What a school wrote stays on its line."""
    from analysis.letters import one_line

    place = ", ".join(filter(None, (row["file"], row["sheet"], row["cell"])))
    return one_line(": ".join(filter(None, (place, row["found"]))) + f". {row['action'].rstrip('.')}.")


class _Bar:
    """One bar, which names what is being done; without a terminal each kind of work is announced once."""

    def __init__(self, bar: Any, screen: Any) -> None:
        self._bar, self._screen = bar, screen
        self._task, self._what = bar.add_task("", total=None), ""

    def __call__(self, what: str, done: int, total: int) -> None:
        if what != self._what and self._bar.disable:
            self._screen.print(f"{what}…", highlight=False)
        self._what = what
        self._bar.update(self._task, description=what, completed=done, total=total)
