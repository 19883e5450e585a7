"""JupyterLab as the analyst has it: a real server, a real browser, every notebook with «Run All»."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tests.rendered.browser import chromium

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
PERIODS = ("2022H1", "2022", "2022-03", "2021-2025")
WAIT = 120_000  # milliseconds


@pytest.fixture(scope="module")
def project(made, tmp_path_factory):
    """A project folder with demo data and reports of every kind, as after `make report`."""
    folder = tmp_path_factory.mktemp("проект с пробелом")
    for name in ("params", "notebooks"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns(".*"))
    shutil.copytree(made.data, folder / "data" / "demo")
    shutil.copytree(made.reports, folder / "reports" / "demo")
    return folder


@pytest.fixture(scope="module")
def lab(project, tmp_path_factory):
    """The address of a running JupyterLab, with its token."""
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {"JUPYTER_RUNTIME_DIR": str(home / "run"), "JUPYTER_CONFIG_DIR": str(home / "config")}
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "IPYTHONDIR": str(home / "ipython")}
    tracker = home / "settings" / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    tracker.parent.mkdir(parents=True)
    tracker.write_text('{"windowingMode": "none"}', encoding="utf-8")  # every cell in the page, seen or not
    options = ["--", "--no-browser", "--allow-root", "--ServerApp.port=0", "--LabApp.expose_app_in_browser=True"]
    command = [sys.executable, "-m", "analysis", "lab", *options]
    with (
        (home / "log").open("w") as log,
        subprocess.Popen(command, cwd=project, env=environment, stdout=log, stderr=subprocess.STDOUT) as server,
    ):
        try:
            yield _address(home / "run", server, home / "log")
        finally:
            server.terminate()
            server.wait(30)


def _address(runtime, server, log):
    for _ in range(300):
        for file in runtime.glob("jpserver-*.json"):
            found = json.loads(file.read_text())
            return f"{found['url']}lab/tree/explore.ipynb?token={found['token']}&reset"
        assert server.poll() is None, log.read_text()
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture(scope="module")
def page(lab):
    with chromium() as browser:
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(WAIT)
        page.goto(lab)
        page.wait_for_selector(".jp-Notebook")
        page.wait_for_function("window.jupyterapp && window.jupyterapp.shell.currentWidget?.sessionContext?.isReady")
        page.evaluate("void window.jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function(ALL_RUN)
        yield page


ALL_RUN = """() => {
  const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(each => each.innerText)
  return prompts.length && prompts.every(text => /\\[\\d+\\]/.test(text))
}"""


def picture(page):
    """The alt text of the trend."""
    return page.locator(".jp-OutputArea svg[role=img]").first.get_attribute("aria-label")


def choose(page, label, option):
    page.locator(".widget-dropdown").filter(has_text=label).locator("select").select_option(label=option)


def test_explore_shows_the_city_then_what_is_chosen(page):
    page.wait_for_selector(".jp-OutputArea svg[role=img]")
    choose(page, "Показатель", "П11. Профессиональные пробы")
    page.wait_for_function(
        "document.querySelector('.jp-OutputArea svg[role=img]').getAttribute('aria-label').startsWith('П11')",
    )
    assert "Белгород" in picture(page)
    choose(page, "Школа", "СОШ № 101")
    page.wait_for_function(
        "document.querySelector('.jp-OutputArea svg[role=img]').getAttribute('aria-label').includes('СОШ № 101')",
    )
    assert page.locator(".jp-OutputArea .jp-mod-error, [data-mime-type*=stderr]").count() == 0


def test_a_weight_moves_the_ranking(page):
    page.wait_for_selector("text=Место в отчёте")
    before = page.locator("table", has_text="Место в отчёте").inner_text()
    slider = page.locator(".widget-slider .noUi-handle").first
    slider.focus()
    for _ in range(8):
        slider.press("ArrowRight")
    page.wait_for_function(
        "before => ![...document.querySelectorAll('table')].some(t => t.innerText === before)", arg=before
    )


def view(page, heading):
    """What the cell under a heading shows."""
    cells = page.locator(".jp-Cell")
    texts = [cells.nth(number).inner_text() for number in range(cells.count())]
    place = next(number for number, text in enumerate(texts) if text.strip().startswith(heading))
    return cells.nth(place + 1)


def test_every_view_follows_the_choice(page):
    choose(page, "Школа", "Лицей № 104")
    page.wait_for_function("document.body.innerText.includes('Замечания: Лицей № 104')")
    spread = view(page, "Распределение").locator("svg[role=img]").get_attribute("aria-label")
    among = view(page, "Школа среди").locator("svg[role=img]").get_attribute("aria-label")
    assert "Распределение школ" in spread
    assert "Лицей № 104" in among
    assert "Лицей № 104" in view(page, "Школа среди").inner_text()
    assert "СОШ № 133" in view(page, "Кто не").inner_text()
    choose(page, "Группа", "В. СОШ и центры, до 450")
    page.wait_for_function(
        "before => ![...document.querySelectorAll('svg[role=img]')].some(s => s.getAttribute('aria-label') === before)",
        arg=among,
    )
    choose(page, "Школа", "Все школы")
    page.wait_for_function("!document.body.innerText.includes('Замечания: Лицей № 104')")
    assert "вернуть" in view(page, "Замечания").inner_text()


def test_another_period_is_opened(page):
    title = "document.querySelector('.jp-OutputArea svg[role=img]').getAttribute('aria-label')"
    before = picture(page)
    choose(page, "Период", "март 2022 года")
    page.wait_for_function(f"before => {title} !== before", arg=before)
    choose(page, "Период", "I полугодие 2022 года")
    page.wait_for_function(f"before => {title} === before", arg=before)


# A click may overtake a choice that still waits for a busy kernel: then, like a person, click again.
SAVED = """text => {
  if (document.body.innerText.includes(text)) return true
  document.querySelector('button.widget-button').click()
  return false
}"""


def test_the_shown_picture_and_table_are_saved(page, project):
    folder = project / "reports" / "demo" / "explore"
    for what, ending in (("Динамика (рисунок)", "svg"), ("Места при выбранных весах (таблица)", "csv")):
        choose(page, "Что сохранить", what)
        page.wait_for_function(SAVED, arg=f".{ending} в папке", polling=2000)
    (drawn,), (table,) = folder.glob("*-trend-*.svg"), folder.glob("*-ranking_table-*.csv")
    assert drawn.read_text(encoding="utf-8").startswith("<svg")
    lines = table.read_text(encoding="utf-8-sig").splitlines()
    assert lines[0].startswith("Учреждение;Место;Место в отчёте;Сдвиг")
    assert len(lines) > 5


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def run_all(project):
    """A notebook as «Run All» does it, once: the stock kernel, the folder of the notebooks, nothing passed in."""

    @cache
    def run_all(name):
        notebook = nbformat.read(project / "notebooks" / name, as_version=4)
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(project / "notebooks")}}).execute()
        return notebook

    return run_all


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_run_all_with_the_default_parameters(project, made, run_all, name):
    """No report changes."""
    notebook = run_all(name)
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert outputs
    assert [output.get("text", "") for output in outputs if output.get("name") == "stderr"] == []
    for period in PERIODS:
        assert contents(project / "reports" / "demo" / period) == contents(made.reports / period)


def test_stages_run_by_hand_leave_drafts_for_each_other(project):
    drafts = project / "reports" / "demo" / "explore" / "2022H1" / "tables"
    finished = project / "reports" / "demo" / "2022H1" / "tables"
    assert {path.name for path in drafts.iterdir()} == {path.name for path in finished.iterdir()}
    for path in drafts.iterdir():
        assert path.read_bytes() == (finished / path.name).read_bytes(), path.name


class Server:
    """What JupyterLab's own pages ask of its server."""

    def __init__(self, address):
        self.root, self.token = address.partition("lab/tree")[0], address.partition("token=")[2].partition("&")[0]

    def get(self, path):
        request = urllib.request.Request(self.root + path, headers={"Authorization": f"token {self.token}"})
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.headers["Content-Type"], answer.read()


@pytest.fixture(scope="module")
def executed(project, run_all):
    """The monthly report as an analyst saves it after «Run All»."""
    nbformat.write(run_all("monthly_report.ipynb"), project / "notebooks" / "saved.ipynb")
    yield "saved.ipynb"
    (project / "notebooks" / "saved.ipynb").unlink()


def test_the_export_menu_offers_our_two(lab):
    offered = json.loads(Server(lab).get("api/nbconvert")[1])
    assert offered["orientir_html"]["output_mimetype"] == "text/html"
    assert offered["orientir_pdf"]["output_mimetype"] == "application/pdf"


def test_an_export_from_the_menu_looks_like_the_report(lab, project, executed):
    kind, page = Server(lab).get(f"nbconvert/orientir_html/{executed}?download=true")
    assert kind.startswith("text/html")
    assert page.decode() == (project / "reports" / "demo" / "2022-03" / "working" / "report.html").read_text("utf-8")
    kind, pdf = Server(lab).get(f"nbconvert/orientir_pdf/{executed}?download=true")
    assert kind.startswith("application/pdf")
    assert pdf == (project / "reports" / "demo" / "2022-03" / "working" / "report.pdf").read_bytes()


def test_an_export_of_a_notebook_that_was_not_run_says_so(lab):
    _, page = Server(lab).get("nbconvert/orientir_html/monthly_report.ipynb?download=true")
    assert "не выполнена" in page.decode()
