"""Security, in one place: texts that try to be markup, formulas, headers, paths or code, from end to end.

One small city whose every text field is hostile – schools, forms, file names, lists kept by hand, params, letters,
the name of the data folder – goes through intake, forms, protocols, reports, cards, parcels, letters and the calendar.
The exporters alone are tried with many more texts in tests/rendered.
"""

from __future__ import annotations

import ast
import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import openpyxl
import pypdf
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_notebook

from analysis.calendar_ics import calendar_bytes
from analysis.distribution import plan
from analysis.distribution_journal import load_journal
from analysis.distribution_mail import message_of
from analysis.distribution_period import period_parcels
from analysis.due import calendar_events, stamp_of
from analysis.intake.identity import School
from analysis.intake.inbox import load_received
from analysis.letters import load_letters
from analysis.periods import PeriodError, parse_period
from analysis.settings import load_settings
from analysis.workspace import RequestError, Workspace, write_context
from analysis.yamlfile import SettingsError
from tests.unit.intake.kit import PARAMS, Folder

ROOT = Path(__file__).resolve().parents[2]
CANARY = "x-canary"
MARKUP = f'</script><{CANARY} onerror=alert(1)>]]>"\'#panic("x")#"$1+1$ {{{{7*7}}}} {{% raw %}} *b* `c`'
FORMULAS = (
    '=HYPERLINK("http://evil.test","x")',
    "+cmd|' /C calc'!A0",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "=1\r\nBcc: a@evil.test",
)
NAME = 'd"); __import__("os").system("touch PWNED") #'  # of the data folder: papermill writes it into notebooks
HOSTILE_SCHOOLS = tuple(
    School(
        f"h{n}", f"{formula} {MARKUP} школа {n}", kind=MARKUP, group="Б", email=f"h{n}@mail.test", aliases=(formula,)
    )
    for n, formula in enumerate(FORMULAS, 1)
)


def hostile_params(folder: Path) -> Path:
    """The shipped params with every free text made hostile."""
    shutil.copytree(PARAMS, folder)
    for name in ("project.yaml", "roadmap.yaml", "indicators.yaml"):
        values = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
        (folder / name).write_text(yaml.safe_dump(_spoiled(values), allow_unicode=True), encoding="utf-8")
    letters = yaml.safe_load((folder / "letters.yaml").read_text(encoding="utf-8"))
    for kind in ("parcel", "reminder"):
        letters[kind] = {
            key: f"{text}\r\nBcc: all@evil.test {MARKUP.replace('$', '$$')}" for key, text in letters[kind].items()
        }
    (folder / "letters.yaml").write_text(yaml.safe_dump(letters, allow_unicode=True), encoding="utf-8")
    own = {
        "notes": [MARKUP],
        "conclusions": [MARKUP],
        "decisions": [MARKUP],
        "tasks": [MARKUP],
        "recommendations": [MARKUP],
    }
    (folder / "periods" / "2022H1.yaml").write_text(yaml.safe_dump(own, allow_unicode=True), encoding="utf-8")
    return folder


PRINTED = {"name", "short_name", "title", "issuer", "department", "city", "city_genitive", "founder", "director_name",
           "director_position", "executor_name", "remark", "due", "text", "status"}  # fmt: skip


def _spoiled(values: object) -> object:
    if isinstance(values, dict):
        return {
            key: f"{value} {MARKUP}" if key in PRINTED and isinstance(value, str) else _spoiled(value)
            for key, value in values.items()
        }
    return [_spoiled(value) for value in values] if isinstance(values, list) else values


def write_csv(path: Path, *rows: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The folders after forms, intake, report, card and parcels; the commands ran where a shell could do harm."""
    root = tmp_path_factory.mktemp("hostile")
    params = hostile_params(root / "params")
    made = Folder(root / NAME, HOSTILE_SCHOOLS, load_settings(params))
    for number, (formula, school) in enumerate(zip(FORMULAS, HOSTILE_SCHOOLS, strict=True)):
        activities = {"2.3": ("выполнено", 3, f"{formula} {MARKUP}"), "2.5": ("выполняется", 1, MARKUP)}
        for month in ("2022-05", "2022-06"):
            file = re.sub(r"[/\x00\r\n\t]", " ", f"{number} {month} {formula} {MARKUP}")[:90] + ".xlsx"
            made.send(
                school.school_id, month, name=file, activities=activities, extra={"school_name": formula + MARKUP}
            )
    made.put(f"{MARKUP.replace('/', ' ')[:60]}.docx", b"<html>")
    made.send("h1", "2022-04", values={"tested": f"{FORMULAS[0]} {MARKUP}", "covered": FORMULAS[1]})
    made.received["../../../etc/passwd"] = "2022-06-01T10:00"
    data, places = made.path, ["--data", str(made.path), "--params", str(params), "--out", str(root / "out")]
    made.run()
    write_csv(
        data / "centre_log.csv", ("activity", "status", "date", "document"), ("2.2", "выполнено", "2022-06-01", MARKUP)
    )
    given = [("2021H2", "city", f"{FORMULAS[0]} {MARKUP}", "2022-01-01", "")]
    given.append(("2021H2", "../../h1", MARKUP, "01.02.2022", ""))
    write_csv(data / "recommendations.csv", ("period", "unit_id", "text", "due", "done"), *given)
    taken = (MARKUP, "school", "h1", "П04", "2022-01-01", "2022-05-31", f"{FORMULAS[0]} {MARKUP}", MARKUP)
    write_csv(data / "measures.csv", tuple("measure scope unit_id indicator from to text document".split()), taken)
    for command in (
        ["forms", "2022-07"],
        ["report", "2022H1", "--schools", "h1,h2"],
        ["send", "2022H1"],
        ["due", "--on", "2022-08-01"],
        ["site"],
    ):
        run = [sys.executable, "-m", "analysis", *command, *places]
        done = subprocess.run(
            run, cwd=root, capture_output=True, text=True, encoding="utf-8", env=os.environ | {"COLUMNS": "200"}
        )
        assert done.returncode == 0, done.stdout + done.stderr
    return Workspace(params, data, root / "out")


def files(space: Workspace, pattern: str) -> list[Path]:
    """Made files of a kind; executed notebooks are the analyst's own."""
    found = [*space.out.rglob(pattern), *(space.data / "protocols").rglob(pattern)]
    assert found, pattern
    return sorted(found)


class Page(HTMLParser):
    """Elements, attributes and addresses of a page, as a browser would see them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_nothing_ran(city):
    assert not list(city.out.parent.rglob("PWNED"))
    assert not list(ROOT.glob("PWNED"))


def test_pages_have_no_element_handler_or_address_from_a_text(city):
    for path in files(city, "*.html"):
        page = Page(path.read_text(encoding="utf-8"))
        assert CANARY not in page.tags, path
        assert page.tags.count("script") <= 1, path
        assert [name for name, _ in page.attributes if name.startswith("on")] == [], path
        addresses = [value for name, value in page.attributes if name in ("href", "src", "action", "xlink:href")]
        assert [one for one in addresses if re.match(r"\s*(?!data:image/)[a-z]+:|//", one, re.IGNORECASE)] == [], path


def test_the_texts_are_there_as_texts(city):
    page = (city.out / city.data_name / "2022H1" / "working" / "report.html").read_text(encoding="utf-8")
    assert f"&lt;{CANARY}" in page
    assert "49" not in re.findall(r"\{\{7\*7\}\}|\b49 \{%", page)
    assert "{{7*7}}" in page or "{{7\u2060*7}}" in page


def test_pdfs_were_set_and_show_code_as_text(city):
    for path in files(city, "*.pdf"):
        pdf = pypdf.PdfReader(path)
        text = "".join(page.extract_text() for page in pdf.pages)
        assert "#panic" in text.replace("\u200b", ""), path
        assert [
            key for key in ("/OpenAction", "/AA", "/Names") if "JavaScript" in str(pdf.trailer["/Root"].get(key))
        ] == []
        links = [
            note.get_object().get("/A", {}).get("/URI", "") for page in pdf.pages for note in page.get("/Annots", [])
        ]
        assert [link for link in links if "evil" in str(link)] == []


def test_workbooks_have_no_formula_from_a_text(city):
    for path in files(city, "*.xlsx"):
        book = openpyxl.load_workbook(path)
        for sheet in book:
            for row in sheet.iter_rows():
                for cell in row:
                    assert cell.data_type != "f" or not re.search(
                        "evil|cmd|HYPERLINK|SUM\\(1\\)|1\\+1", str(cell.value)
                    ), (path, cell)
                    target = cell.hyperlink.target if cell.hyperlink else None
                    assert target is None or target.startswith("#'"), (path, cell)
        assert not any("externalLink" in part or "vba" in part.lower() for part in _parts(path))


def _parts(path: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_word_files_have_no_field_macro_or_link_from_a_text(city):
    """Where pandoc is installed. The only field is the number of a page."""
    made = sorted(city.out.rglob("*.docx"))
    assert bool(made) == bool(shutil.which("pandoc"))
    for path in made:
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}
        whole = "".join(parts.values())
        assert f"<{CANARY}" not in whole
        assert f"&lt;{CANARY}" in parts["word/document.xml"]
        assert set(re.findall(r'w:instr="([^"]*)"|<w:instrText', whole)) == {" PAGE "}
        assert not re.findall(r'<Relationship [^>]*TargetMode="External"[^>]*>', whole)
        assert not [name for name in parts if re.search("vba|embeddings|activeX", name)]


def test_csv_files_have_no_cell_that_a_spreadsheet_would_run(city):
    written = [city.data / "register.csv", *files(city, "list.csv")]
    for path in written:
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        assert len({len(row) for row in rows}) == 1, path
        bad = [
            cell
            for row in rows[1:]
            for cell in row
            if cell.startswith(("=", "+", "-", "@", "\t", "\r")) and not re.fullmatch(r"-?\d+", cell)
        ]
        assert bad == [], path


def test_a_calendar_has_its_events_alone(city):
    settings = load_settings(city.params)
    text = calendar_bytes(f"Сроки {MARKUP}\r\nBEGIN:VEVENT", calendar_events(settings), stamp_of(settings)).decode()
    assert text.count("\r\nBEGIN:VEVENT\r\n") == 54
    made = (city.out / city.data_name / "calendar.ics").read_bytes().decode()
    assert made.count("BEGIN:VEVENT") == 54
    assert {line.partition(":")[0].partition(";")[0] for line in re.sub("\r\n ", "", made).split("\r\n") if line} <= {
        "BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "METHOD", "X-WR-CALNAME", "UID", "DTSTAMP", "DTSTART", "DTEND",
        "SUMMARY", "DESCRIPTION", "TRANSP", "ACTION", "TRIGGER",
    }  # fmt: skip


def test_a_letter_has_no_header_from_a_text(city):
    parcels = period_parcels(city, parse_period("2022H1"), load_letters(city.params))
    sent = [item.parcel for item in plan(parcels, load_journal(city.data)) if item.state == "new"]
    assert {parcel.school_id for parcel in sent} == {"h1", "h2"}
    for parcel in sent:
        message = message_from_bytes(bytes(message_of(parcel, "centre@mail.test")), policy=default)
        assert message["To"] == f"{parcel.school_id}@mail.test"
        assert set(message.keys()) == {
            "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type",
        }  # fmt: skip
        assert len(message["Subject"].splitlines()) == 1
        assert all("/" not in (part.get_filename() or "") for part in message.iter_attachments())


def test_nothing_was_written_outside(city):
    root = city.out.parent
    assert {path.name for path in root.iterdir()} == {"params", NAME, "out"}
    assert {path.name for path in city.out.iterdir()} == {NAME}
    inside = {path.name for path in (city.out / NAME).iterdir()}
    assert inside == {"2022H1", ".lock-2022H1", "forms", "send", "calendar.ics", "site"}


def test_a_public_edition_tells_nothing_of_a_school(city):
    folder = city.out / NAME / "2022H1" / "public"
    text = (folder / "report.html").read_text(encoding="utf-8")
    text += "".join(page.extract_text() for page in pypdf.PdfReader(folder / "report.pdf").pages)
    text = text.replace("\u200b", "")
    assert not re.search(r"школа [1-6]|h[1-6]@mail|@SUM|cmd\|", text)


def test_the_page_for_exploring_shows_texts_as_texts(city, tmp_path, monkeypatch):
    """What explore.ipynb puts on the screen and saves: tables, pictures, CSV."""
    from analysis.explore import VIEW_NAMES, Explorer

    write_context(tmp_path, city, city.out / NAME / "2022H1")
    monkeypatch.chdir(tmp_path)
    explorer = Explorer("2022H1")
    explorer.school.value = "h4"
    explorer._say_saved()
    shown = [*(view.value for view in explorer._places.values()), explorer.saved.value, explorer._stamp.value]
    assert f"&lt;{CANARY}" in "".join(shown)
    for text in shown:
        page = Page(text)
        assert {CANARY, "script"}.isdisjoint(page.tags)
        assert [name for name, _ in page.attributes if name.startswith("on")] == []
    saved = {name: city.out / explorer.save_view(name) for name in VIEW_NAMES}
    assert {path.parent for path in saved.values()} == {city.out / NAME / "explore"}
    for path in saved.values():
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".svg":
            assert {CANARY, "script"}.isdisjoint(Page(text).tags)
            continue
        cells = [cell for row in csv.reader(io.StringIO(text), delimiter=";") for cell in row]
        assert [cell for cell in cells if re.match(r"[=+@\t\r]|-\D", cell) and not re.fullmatch(r"[+-]\d+", cell)] == []
    shutil.rmtree(city.out / NAME / "explore")


OUTSIDE = ("../../x", "..", "/etc/x", "h1/../../x", "h1\\..\\x", "h1\x00", "C:\\x", "a b", "h1\n", "")


@pytest.mark.parametrize("code", OUTSIDE)
def test_a_school_code_is_never_a_path(tmp_path, code):
    from analysis.intake.identity import SchoolsError, load_schools

    write_csv(tmp_path / "schools.csv", ("school_id", "name"), (code, "Школа"))
    if code.strip() == "h1":
        assert [school.school_id for school in load_schools(tmp_path / "schools.csv")] == ["h1"]
        return
    with pytest.raises(SchoolsError):
        load_schools(tmp_path / "schools.csv")


@pytest.mark.parametrize(
    "key", ["../2022H1", "2022H1/../..", "2022-03/x", "/2022", "2022H1\x00", "..", "2022-0٣", "２０２２"]
)
def test_a_period_is_never_a_path(key):
    with pytest.raises(PeriodError):
        parse_period(key)


def test_times_of_arrival_open_no_file(tmp_path):
    write_csv(
        tmp_path / "received.csv", ("file_name", "received_at"), ("/etc/passwd", "2022-06-20"), ("../x", "2022-06-20")
    )
    assert load_received(tmp_path / "received.csv", 3) == {
        "/etc/passwd": "2022-06-20T00:00",
        "../x": "2022-06-20T00:00",
    }


@pytest.mark.parametrize("schools", ["../../x", "h1,../h2", "*"])
def test_only_listed_schools_get_a_card(city, schools):
    from analysis.messages import Console
    from analysis.requests import report_request

    with pytest.raises(RequestError, match="schools.csv"):
        report_request("2022H1", str(city.data), "", schools, 1, str(city.params), str(city.out), Console())


TAGS = (
    "!!python/object/apply:os.system ['touch PWNED']",
    "!!python/name:os.system",
    "!!python/object/new:os.system ['x']",
    "!include /etc/passwd",
)


@pytest.mark.parametrize(
    "file", ["project.yaml", "indicators.yaml", "roadmap.yaml", "letters.yaml", "periods/2022H1.yaml"]
)
@pytest.mark.parametrize("tag", TAGS)
def test_yaml_makes_no_objects(tmp_path, monkeypatch, file, tag):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(PARAMS, tmp_path / "params")
    (tmp_path / "params" / file).write_text(f"data: {tag}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=file.rpartition("/")[2]):
        load_letters(tmp_path / "params") if file == "letters.yaml" else load_settings(tmp_path / "params")
    assert not (tmp_path / "PWNED").exists()


def test_a_bomb_of_aliases_is_refused_or_small(tmp_path):
    """Ten levels of nine aliases: a billion texts if they were copied."""
    lines = ['a0: &a0 "x"'] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    shutil.copytree(PARAMS, tmp_path / "params")
    (tmp_path / "params" / "project.yaml").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SettingsError):
        load_settings(tmp_path / "params")


@pytest.mark.parametrize("engine", ["orientir", "stock"])
def test_notebook_parameters_are_values_and_not_code(tmp_path, monkeypatch, engine):
    from analysis.report.notebooks import run_notebook

    monkeypatch.chdir(tmp_path)
    cells = [new_code_cell('period = ""', metadata={"tags": ["parameters"]}), new_code_cell("print(period)")]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), tmp_path / "n.ipynb")
    text = '"; open("PWNED", "w") #\n\'\'\'"""\\'
    run_notebook(tmp_path / "n.ipynb", tmp_path / "out.ipynb", {"period": text}, engine=engine, cwd=tmp_path)
    made = json.loads((tmp_path / "out.ipynb").read_text(encoding="utf-8"))
    shown = [output["text"] for cell in made["cells"] for output in cell.get("outputs", []) if "text" in output]
    assert "".join("".join(part) for part in shown).rstrip("\n") == text
    assert not (tmp_path / "PWNED").exists()


RUNNING = {"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib", "jsonpickle"}
PLACES = ("src", "tools", "drills", "bench")
CALLS = {"eval", "exec", "read_pickle", "to_pickle", "unsafe_load", "full_load", "system", "popen"}


def uses(tree: ast.AST) -> list[str]:
    """What in a module can run a text or a file: imports and calls by name."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names if alias.name.partition(".")[0] in RUNNING]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in RUNNING:
            found.append(node.module or "")
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found += [name] if name in CALLS else []
            found += ["allow_pickle"] if any(word.arg == "allow_pickle" for word in node.keywords) else []
            found += ["shell=True"] if any(word.arg == "shell" for word in node.keywords) else []
    return found


def test_the_search_finds_what_it_is_for():
    bad = "import pickle, os.path\nfrom marshal import loads\neval('1')\nos.system('x')\n"
    bad += "pd.read_pickle(x)\nnp.load(x, allow_pickle=1)"
    assert sorted(uses(ast.parse(bad))) == ["allow_pickle", "eval", "marshal", "pickle", "read_pickle", "system"]


def test_no_pickle_and_nothing_else_that_runs_what_it_reads():
    """The package, its tools, drills, benchmarks and notebooks."""
    sources = {path: path.read_text("utf-8") for place in PLACES for path in sorted((ROOT / place).rglob("*.py"))}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        sources[path] = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    found = {path.name: names for path, text in sources.items() if (names := uses(ast.parse(text)))}
    assert len(sources) > 200
    assert found == {}
