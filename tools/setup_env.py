"""Make the project's virtual environment `.venv/` from the locked packages; a no-op when it is up to date.

`make` calls it. Where there is no make (Windows), it is the first command: `py tools/setup_env.py`,
then `.venv/Scripts/python -m analysis report 2022H1`. With `--dev` the tools for tests and checks come too.

Only the standard library, and syntax that old interpreters can read: they must be able to say that they are too old.
"""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

OLDEST = (3, 11)
PACKAGES = "requirements.lock"
TOOLS = "requirements-dev.lock"
STAMPS = {PACKAGES: ".ready", TOOLS: ".ready-dev"}
ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


class SetupError(Exception):
    """One line in Russian: what went wrong and what to do."""


def state_of(lock):
    """SHA-256 over everything that an environment made from `lock` depends on."""
    digest = hashlib.sha256()
    for path in (ROOT / lock, ROOT / "pyproject.toml"):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def starts():
    """True if the environment's interpreter runs and is new enough (it may be gone after a system upgrade)."""
    check = f"import sys; sys.exit(sys.version_info < {OLDEST})"
    try:
        return subprocess.run([str(PYTHON), "-c", check], stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


def run(arguments, advice):
    """Run `arguments` at the project's root; `advice` goes into the error."""
    result = subprocess.run([str(argument) for argument in arguments], cwd=str(ROOT))
    if result.returncode != 0:
        raise SetupError(advice)


def create():
    """Make the empty environment, anew where the one there does not start."""
    if starts():
        return
    advice = (
        "Не удалось создать окружение .venv. Установите модуль venv "
        "(Debian, Ubuntu: apt install python3-venv) и повторите команду."
    )
    run([sys.executable, "-m", "venv", "--clear", VENV], advice)


def install(lock):
    """Install the packages of `lock`, each checked by its hash."""
    pip = [PYTHON, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    advice = (
        f"Не удалось установить пакеты из {lock}. Проверьте доступ к реестру пакетов Python "
        "(прокси, сертификаты) и место на диске и повторите команду."
    )
    # What has no wheel is built with the locked setuptools, already there, not with one fetched unhashed.
    build = ["--no-build-isolation"] if lock == TOOLS else []
    run([*pip, *build, "--require-hashes", "-r", lock], advice)
    if lock == PACKAGES:
        project = ["--no-deps", "--no-index", "--no-build-isolation", "--editable", ROOT]
        run(pip + project, "Не удалось подключить пакет проекта. Удалите папку .venv и повторите команду.")


def set_up(lock):
    """Bring the environment up to date with `lock` and note from what it was made."""
    stamp = VENV / STAMPS[lock]
    state = state_of(lock)
    if not (starts() and stamp.is_file() and stamp.read_text(encoding="utf-8") == state):
        began = time.monotonic()
        what = "средства проверки" if lock == TOOLS else "пакеты"
        print(f"Устанавливаю {what} в .venv: один раз, до трёх минут…", flush=True)
        create()
        install(lock)
        print(f"Готово за {time.monotonic() - began:.0f} с.", flush=True)
    # Written anew even if equal: make compares times, and a fresh checkout may have moved them.
    stamp.write_text(state, encoding="utf-8")


def main(arguments):
    """Exit code 0, or 2 with one line on what to do."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if sys.version_info < OLDEST:
        print(f"Нужен Python 3.11 или новее, а это {sys.version.split()[0]}.", file=sys.stderr)
        return 2
    try:
        for lock in (PACKAGES, TOOLS) if "--dev" in arguments else (PACKAGES,):
            set_up(lock)
    except SetupError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
