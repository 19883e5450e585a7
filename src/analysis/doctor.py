"""`doctor`: is this machine fit for the work, and what to do where it is not.

Only the standard library is imported here, so that a missing package is reported and not stumbled over. A check is a
function that gives lines; one that breaks is a line too.
"""

from __future__ import annotations

import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Literal

from analysis.files import reason_of

State = Literal["ok", "attention", "failure"]
WORDS = {"ok": "в порядке", "attention": "внимание", "failure": "не годится"}
OLDEST = (3, 11)
ROOT = Path(__file__).resolve().parents[2]
SET_UP = "Выполните: python tools/setup_env.py"
COMPILED = ("numpy", "pandas", "scipy", "pyarrow", "matplotlib", "pydantic", "typst")
ENOUGH_MB, LEAST_MB = 2000, 300
NAMED_AT_MOST = 5
PROGRAMS = (
    ("LibreOffice", ("soffice", "libreoffice"), "нужно, чтобы читать присланные файлы .xls"),
    ("pandoc", ("pandoc",), "нужно, чтобы отчёт для совещания был и в Word (report.docx)"),
    ("Chromium", ("chromium", "chromium-browser", "google-chrome"), "нужно только для тестов"),
)


@dataclass(frozen=True)
class Line:
    """The answer of one check; ``advice`` says what to do."""

    state: State
    what: str
    found: str
    advice: str = ""

    def __str__(self) -> str:
        advice = f" {self.advice}" if self.advice and self.state != "ok" else ""
        text = " ".join(self.found.split())
        return f"{WORDS[self.state]:<10}  {self.what}: {text}{'' if text.endswith(('.', '!', '?')) else '.'}{advice}"


Check = Callable[[], Iterable[Line]]


def examine(data: str = "", params: str = "", out: str = "", root: Path = ROOT) -> Iterator[Line]:
    """Every check, one after another."""
    from_project = partial(_project, data, params, out)
    checks: list[tuple[str, Check]] = [
        ("Python", python), ("Пакеты", partial(packages, root / "requirements.lock")), ("Библиотеки", libraries),
        ("Шрифты", fonts), ("Кодировка", encoding), ("Программы", programs), ("Временная папка", scratch),
        ("Проект", from_project),
    ]  # fmt: skip
    for what, check in checks:
        yield from attempt(what, check)


def attempt(what: str, check: Check) -> Iterator[Line]:
    """The lines of a check; an error of any kind becomes the last of them."""
    try:
        yield from check()
    except ImportError as error:
        yield Line("failure", what, f"не проверено, нет пакета {error.name or error}", f"{SET_UP}.")
    except Exception as error:
        yield Line("failure", what, str(error) or type(error).__name__)


def fit(lines: Iterable[Line]) -> bool:
    """Can the work be done?"""
    return all(line.state != "failure" for line in lines)


def python() -> Iterator[Line]:
    """Version and environment of the interpreter that runs this."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST:
        yield Line("failure", "Python", version, "Нужен 3.11 или новее: установите его и удалите папку .venv.")
    elif sys.prefix == sys.base_prefix and not os.environ.get("CONDA_PREFIX"):
        yield Line("attention", "Python", f"{version}, вне окружения проекта", f"{SET_UP}, затем запускайте из .venv.")
    else:
        yield Line("ok", "Python", version)


def packages(lock: Path) -> Iterator[Line]:
    """Installed versions against the lock; only what this system and Python need."""
    if not lock.exists():
        yield Line("attention", "Пакеты", f"сверить не с чем: нет {lock.name}", "Возьмите проект целиком.")
        return
    wanted = locked_versions(lock.read_text(encoding="utf-8"))
    found = {name: _installed(name) for name in wanted}
    absent = [name for name, version in found.items() if not version]
    other = [
        f"{name} {found[name]} вместо {version}" for name, version in wanted.items() if found[name] not in ("", version)
    ]
    if absent:
        yield Line("failure", "Пакеты", f"не установлены: {_few(absent)}", f"{SET_UP}.")
    if other:
        advice = f"Числа и файлы могут отличаться от эталонных. {SET_UP}."
        yield Line("attention", "Пакеты", f"версии не те, что в {lock.name}: {_few(other)}", advice)
    if not absent and not other:
        yield Line("ok", "Пакеты", f"все {len(wanted)} тех версий, что в {lock.name}")


def locked_versions(text: str) -> dict[str, str]:
    """Package → version for the lines of a lock that hold here."""
    from packaging.requirements import Requirement

    lines = (line.rstrip(" \\") for line in text.splitlines() if line[:1].isalnum())
    wanted = (Requirement(line) for line in lines)
    here = [item for item in wanted if item.marker is None or item.marker.evaluate()]
    return {item.name: str(next(iter(item.specifier)).version) for item in here if item.specifier}


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _few(names: list[str]) -> str:
    more = f" и ещё {len(names) - NAMED_AT_MOST}" if len(names) > NAMED_AT_MOST else ""
    return ", ".join(names[:NAMED_AT_MOST]) + more


def libraries() -> Iterator[Line]:
    """The compiled ones start on this machine."""
    broken = [f"{name} ({reason})" for name in COMPILED if (reason := _start(name))]
    if broken:
        yield Line("failure", "Библиотеки", f"не запускаются: {_few(broken)}", f"Удалите папку .venv. {SET_UP}.")
    else:
        yield Line("ok", "Библиотеки", "запускаются")


def _start(name: str) -> str:
    try:
        importlib.import_module(name)
    except Exception as error:
        return str(error).partition("\n")[0][:100]
    return ""


def fonts() -> Iterator[Line]:
    """The typefaces of the PDF are there whole."""
    from analysis.report.fonts import font_files

    files = [path for path in font_files() if path.stat().st_size > 1000]
    if len(files) < 8:
        yield Line("failure", "Шрифты", f"PT Serif и PT Sans: файлов {len(files)} из 8", f"{SET_UP}.")
    else:
        yield Line("ok", "Шрифты", "PT Serif и PT Sans на месте")


def encoding() -> Iterator[Line]:
    """File names in Russian can be read."""
    name = sys.getfilesystemencoding().lower()
    if name in ("utf-8", "utf8"):
        yield Line("ok", "Кодировка", "UTF-8")
    else:
        advice = "Русские имена файлов могут не прочитаться. Задайте переменную окружения PYTHONUTF8=1."
        yield Line("attention", "Кодировка", name, advice)


def programs() -> Iterator[Line]:
    """What is good to have; nothing of it is needed."""
    for name, commands, use in PROGRAMS:
        place = next(filter(None, map(shutil.which, commands)), None)
        yield Line("ok", name, place or f"не найдено, и можно без этого: {use}")


def scratch() -> Iterator[Line]:
    """Temporary files can be made."""
    with tempfile.TemporaryDirectory(prefix="orientir-") as folder:
        yield Line("ok", "Временная папка", str(Path(folder).parent))


def writable(what: str, folder: Path) -> Iterator[Line]:
    """Can files be made in the folder, or where it would be made?"""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    try:
        with tempfile.TemporaryDirectory(dir=place, prefix=".orientir-"):
            yield Line("ok", what, str(folder) if folder.exists() else f"{folder} – создастся сама")
    except OSError as error:
        advice = "Дайте себе право записи или укажите другую папку: DATA= (--data), OUT= (--out)."
        yield Line("failure", what, f"в {folder} нельзя писать ({reason_of(error)})", advice)


def room(folder: Path) -> Iterator[Line]:
    """Space on the disk of a folder."""
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free // 2**20
    found = f"свободно {free / 1024:.1f} ГБ".replace(".", ",")
    if free < LEAST_MB:
        yield Line("failure", "Диск", found, f"Освободите место на диске папки {place}.")
    elif free < ENOUGH_MB:
        yield Line("attention", "Диск", found, "На отчёты за год по большому городу может не хватить.")
    else:
        yield Line("ok", "Диск", found)


def _project(data: str, params: str, out: str) -> Iterator[Line]:
    from analysis.doctor_project import project

    yield from project(data, params, out)
