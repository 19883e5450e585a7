"""From a command's options to a checked request; everything that is wrong is said before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from analysis.messages import Console
from analysis.periods import Period
from analysis.workspace import DEMO_NAME, RequestError, Workspace, open_workspace

Progress = Callable[[str, int, int], None]  # what is being done, done so far, of how many


@dataclass(frozen=True)
class ReportRequest:
    """What `report` was asked for; ``baseline`` None means the same period a year before."""

    space: Workspace
    period: Period
    baseline: Period
    schools: str = "all"  # all, none, or ids separated by commas
    jobs: int = 2
    force: bool = False  # build everything anew
    cluster: str = ""  # address of a Dask scheduler that shares the work

    def parameters(self) -> dict[str, str]:
        """What distinguishes this report from others made of the same data."""
        return {
            "period": self.period.key,
            "baseline": self.baseline.key,
            "data": self.space.data_name,
            "schools": self.schools,
        }


def report_request(
    period: str, data: str, baseline: str, schools: str, jobs: int, params: str, out: str, console: Console
) -> ReportRequest:
    """Check the options of `report`. Raises RequestError, PeriodError, SettingsError."""
    space = open_workspace(data=data, params=params, out=out)
    parsed = space.settings.parse_period(period)
    other = space.settings.parse_period(baseline) if baseline else parsed.year_before()
    if other.kind != parsed.kind and parsed.kind != "roadmap":
        raise RequestError(f"Период сравнения {other.key} другого вида, чем {parsed.key}: сравнивать нельзя.")
    _ensure_data(space, jobs, console)
    _check_schools(space, schools)
    return ReportRequest(space, parsed, other, schools or "all", jobs)


def workspace_with_data(data: str, params: str, out: str, jobs: int, console: Console) -> Workspace:
    """Folders whose data folder exists; the demo is generated when it is missing."""
    space = open_workspace(data=data, params=params, out=out)
    _ensure_data(space, jobs, console)
    return space


def _ensure_data(space: Workspace, jobs: int, console: Console) -> None:
    if (space.data / "schools.csv").exists():
        return
    if space.data_name == DEMO_NAME and not space.data.exists():
        make_demo(space, jobs, console)
        return
    raise RequestError(
        f"В папке данных {space.data} нет schools.csv. Проверьте DATA= (--data) или создайте список школ."
    )


def _check_schools(space: Workspace, schools: str) -> None:
    if schools in ("", "all", "none"):
        return
    from analysis.intake.identity import load_schools

    known = {school.school_id for school in load_schools(space.data / "schools.csv")}
    unknown = [code for code in schools.split(",") if code.strip() not in known]
    if unknown:
        raise RequestError(f"Школы «{unknown[0]}» нет в schools.csv. Допустимы: all, none или коды через запятую.")


def make_demo(space: Workspace, jobs: int, console: Console) -> None:
    """Generate the demo data folder; takes some seconds."""
    from analysis.demo import generate_demo

    with console.progress() as progress:
        generate_demo(space.data, space.settings, jobs=jobs, progress=progress)


def make_forms(space: Workspace, period: str, progress: Progress) -> tuple[Path, int]:
    """Write the workbooks to send to the schools for a month; returns the folder and their number."""
    from analysis.intake.forms import write_forms
    from analysis.intake.identity import check_groups, load_schools
    from analysis.intake.run import previous_values

    month = _month(space, period)
    folder = space.out / space.data_name / "forms" / month.key
    schools = load_schools(space.data / "schools.csv")
    check_groups(schools, (group.code for group in space.settings.project.groups))
    paths = write_forms(space.settings, schools, month, folder, previous_values(space.data, month), progress=progress)
    return folder, len(paths)


def _month(space: Workspace, period: str) -> Period:
    parsed = space.settings.parse_period(period)
    if parsed.kind != "month":
        raise RequestError(
            f"Формы готовятся на месяц, а «{period}» – не месяц. Например: {parsed.closing_month().key} "
            "(в июне и декабре форма содержит листы полугодия и года)."
        )
    return parsed
