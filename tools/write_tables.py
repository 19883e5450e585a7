"""docs/tables.md, the dictionary of output columns, written from src/analysis/dictionary.yaml. `make docs` calls it."""

from analysis.dictionary import table_dictionary
from tools.project_files import ROOT

PAGE = ROOT / "docs" / "tables.md"


def page() -> str:
    """The text of docs/tables.md."""
    lines = [
        "# Словарь выходных таблиц", "",
        "Таблицы лежат в `reports/<данные>/<период>/tables/*.parquet` и на листах `results.xlsx` (рабочая редакция). "
        "Файл строится из `src/analysis/dictionary.yaml` командой `make docs`.", "",
    ]  # fmt: skip
    for entry in table_dictionary().values():
        lines += [f"## `{entry.name}` – {entry.title}", "", f"{entry.row[:1].upper()}{entry.row[1:]}.", ""]
        lines += ["| столбец | заголовок | вид | значение |", "|---|---|---|---|"]
        lines += [f"| `{c.name}` | {c.header} | {c.kind} | {c.meaning} |" for c in entry.columns] + [""]
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
