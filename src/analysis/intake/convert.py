"""Old .xls through LibreOffice, when the machine has it; macros stay off."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from analysis.intake.book import Unreadable

_SECONDS = 60
_NO_MACROS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting">
<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop>
<prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop>
</item></oor:items>
"""


def libreoffice() -> str | None:
    """The program that converts, if there is one."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def convert(path: Path, folder: Path, target: str = "xlsx") -> Path:
    """A copy of a spreadsheet in another format, made in ``folder``. Raises Unreadable."""
    program = libreoffice()
    if program is None:
        raise Unreadable("old_format")
    with tempfile.TemporaryDirectory() as profile:
        user = Path(profile, "user")
        user.mkdir()
        (user / "registrymodifications.xcu").write_text(_NO_MACROS, encoding="utf-8")
        source = folder / f"source{path.suffix.lower()}"
        shutil.copyfile(path, source)
        command = [program, f"-env:UserInstallation={Path(profile).as_uri()}", "--headless", "--norestore"]
        command += ["--convert-to", target, "--outdir", str(folder / "converted"), str(source)]
        try:
            subprocess.run(command, check=False, capture_output=True, timeout=_SECONDS)
        except (subprocess.TimeoutExpired, OSError) as error:
            raise Unreadable("old_format", "преобразовать файл не удалось") from error
    made = folder / "converted" / f"source.{target}"
    if not made.exists():
        raise Unreadable("damaged", "преобразовать файл не удалось")
    return made
