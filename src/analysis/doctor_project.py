"""`doctor` on the project's own files: params, the data folder, reports, and what other commands hold."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from analysis.distribution_journal import JOURNAL
from analysis.doctor import Line, attempt, fit, room, writable
from analysis.workspace import DEMO_NAME, Workspace, open_workspace


def project(data: str, params: str, out: str) -> Iterator[Line]:
    """Params first: without them nothing says where the data are."""
    space = open_workspace(data=data, params=params, out=out)
    known = list(attempt("Параметры", partial(parameters, space)))
    yield from known
    yield from attempt("Письма", partial(letters, space))
    if fit(known):
        yield from data_folder(space)
    if space.data.is_dir():
        yield from attempt("Блокировки", partial(locks, space))
    yield from writable("Папка данных", space.data)
    yield from writable("Папка отчётов", space.out)
    yield from room(space.out)
    yield from attempt("Прерванные запуски", partial(leftovers, space))
    yield from attempt("Почта", mail)


def data_folder(space: Workspace) -> Iterator[Line]:
    """What lies in the data folder, where params tell how to read it."""
    yield from attempt("Школы", partial(schools, space))
    if space.data.is_dir():
        yield from attempt("Формы", partial(inbox, space))
        yield from attempt("received.csv", partial(received, space))


def parameters(space: Workspace) -> Iterator[Line]:
    """The params folder is read and consistent."""
    settings = space.settings
    counts = f"показателей {len(settings.indicators)}, групп {len(settings.project.groups)}"
    yield Line("ok", "Параметры", f"{space.params}: {counts}, мероприятий {len(settings.activities)}")


def letters(space: Workspace) -> Iterator[Line]:
    """The templates of letters are whole."""
    from analysis.letters import load_letters

    load_letters(space.params)
    yield Line("ok", "Письма", "letters.yaml читается")


def schools(space: Workspace) -> Iterator[Line]:
    """The list of schools fits the groups."""
    from analysis.intake.identity import check_groups, load_schools

    path = space.data / "schools.csv"
    if not path.exists():
        if space.data_name == DEMO_NAME and not space.data.exists():
            yield Line("ok", "Школы", "демонстрационные данные создадутся при первом отчёте")
            return
        yield Line("failure", "Школы", f"нет файла {path}", "Создайте его: analysis init или образец в data/README.md.")
        return
    found = load_schools(path)
    check_groups(found, (group.code for group in space.settings.project.groups))
    if not len(found):
        yield Line("failure", "Школы", "в schools.csv нет ни одной школы", f"Заполните {path}.")
        return
    without = [school.school_id for school in found if not school.email]
    yield Line("ok", "Школы", f"{len(found)} в {path}")
    if without:
        advice = "Письма этим школам не уйдут; посылки можно передать папками."
        yield Line("attention", "Адреса почты", f"не указаны у {len(without)} из {len(found)} школ", advice)


def inbox(space: Workspace) -> Iterator[Line]:
    """Something has come."""
    folder = space.data / "inbox"
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith((".", "~$"))]
    imports = [path for path in (space.data / "imports").rglob("*") if path.is_file()]
    if files or imports:
        yield Line("ok", "Формы", f"в inbox файлов {len(files)}, в imports – {len(imports)}")
    else:
        month = space.settings.rules.first_month
        advice = f"Разошлите формы (первые – analysis forms {month}) и сложите присланное в inbox."
        yield Line("attention", "Формы", f"в {space.data} ещё нет присланного", advice)


def received(space: Workspace) -> Iterator[Line]:
    """Times of arrival that can be read, of files that are there."""
    from analysis.intake.inbox import load_received

    path = space.data / "received.csv"
    if not path.exists():
        yield Line("ok", "received.csv", "нет: днём поступления станет время файла")
        return
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    rows = [row for row in csv.reader(text.splitlines()[1:]) if any(row)]
    times = load_received(path, space.settings.project.hours_from_utc)
    lost = sorted(set(times) - _names(space.data))
    if len(times) < len(rows):
        advice = "Проверьте столбцы file_name и received_at; время – вида 2022-06-20T14:05."
        yield Line("attention", "received.csv", f"понятны {len(times)} строк из {len(rows)}", advice)
    elif lost:
        advice = "Проверьте имена: для этих файлов будет взято время файла."
        yield Line("attention", "received.csv", f"названы файлы, которых нет: {len(lost)}, например {lost[0]}", advice)
    else:
        yield Line("ok", "received.csv", f"время поступления известно для файлов: {len(times)}")


def _names(data: Path) -> set[str]:
    """How received.csv may call the files that are there: by name, or with the folder."""
    inbox = [path for path in (data / "inbox").rglob("*") if path.is_file()]
    imports = [path.relative_to(data).as_posix() for path in (data / "imports").rglob("*") if path.is_file()]
    return {path.relative_to(data / "inbox").as_posix() for path in inbox} | {path.name for path in inbox} | {*imports}


def locks(space: Workspace) -> Iterator[Line]:
    """A lock that someone holds right now; a file left behind by a killed run holds nothing."""
    held = [name for name in ("accepted/.lock", ".sending.lock") if _is_held(space.data / name)]
    if held:
        advice = "Дождитесь конца другой команды; если её нет, завершите её процесс."
        yield Line("attention", "Блокировки", f"с данными сейчас работает другая команда ({held[0]})", advice)
    else:
        yield Line("ok", "Блокировки", "данные свободны")
    journal = space.data / JOURNAL
    if journal.exists():
        yield Line("ok", "Журнал отправки", f"записей {journal.read_bytes().count(10)}")


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with FileLock(path, timeout=0):
            return False
    except Timeout:
        return True


def leftovers(space: Workspace) -> Iterator[Line]:
    """What killed runs left beside the reports; the next run of the same period takes it away."""
    folder = space.out / space.data_name
    found = sorted(path.name for path in folder.glob(".*.building")) if folder.is_dir() else []
    if found:
        advice = "Если сейчас отчёт не строится, повторите make report за этот период: остатки уберутся."
        yield Line("attention", "Прерванные запуски", f"остатки в {folder}: {', '.join(found)}", advice)
    else:
        yield Line("ok", "Прерванные запуски", "остатков нет")


def mail() -> Iterator[Line]:
    """The server of `send`, when one is set; not reached for."""
    import os

    from analysis.distribution_mail import PREFIX, server_of_environment
    from analysis.workspace import RequestError

    if not os.environ.get(f"{PREFIX}HOST"):
        yield Line("ok", "Почта", "не настроена; нужна только для рассылки (docs/guide.md)")
        return
    try:
        server = server_of_environment()
    except RequestError as error:
        yield Line("attention", "Почта", str(error))
        return
    yield Line("ok", "Почта", f"{server.host}:{server.port} ({server.tls}), письма от {server.sender}")
