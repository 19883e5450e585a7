"""The date of a run enters no output: who asks the clock is named here, with the reason."""

import ast
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2] / "src" / "analysis"
#: Calls that tell the date or time; `time.monotonic` and `time.process_time` only measure.
CLOCKS = {
    "datetime.now", "datetime.today", "datetime.utcnow", "date.today", "time.time", "time.time_ns", "time.localtime",
    "time.gmtime", "time.strftime", "time.ctime", "Timestamp.now", "Timestamp.today", "Timestamp.utcnow",
}  # fmt: skip
ALLOWED = {
    "runlog.py": "run.log is for a person and is compared with nothing",
    "cli_office.py": "`due` without a date is about today",
    "scratch.py": "how old a folder is that a killed run has left behind",
    "starting.py": "`init` without a first month begins with the present half-year, and writes it into params",
    "distribution_mail.py": "letters and the journal of what was sent are no reports",
}


def clocks_in(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else getattr(node.value, "attr", "")
            if f"{owner}.{node.attr}" in CLOCKS:
                yield f"{owner}.{node.attr}"
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"time.{alias.name}" for alias in node.names if f"time.{alias.name}" in CLOCKS)


def test_only_the_named_ask_the_clock():
    assert {path.name for path in SOURCE.rglob("*.py") if set(clocks_in(path))} == set(ALLOWED)
