"""The pages for publication: what is copied, what is refused and why, and the roadmap as the order has it."""

import json
import re
import shutil
from html import unescape
from pathlib import Path

import pytest
import yaml

from analysis.report.manifest import MANIFEST, Inputs, write_manifest
from analysis.site import find_editions, make_site
from analysis.workspace import RequestError, Workspace

ROOT = Path(__file__).resolve().parents[2]
SECRET = "рабочая редакция"


@pytest.fixture
def space(tmp_path):
    """Three reports of a demo city, with editions that must stay where they are."""
    data = tmp_path / "data" / "town"
    data.mkdir(parents=True)
    (data / "DEMO").touch()
    space = Workspace(ROOT / "params", data, tmp_path / "reports")
    for period in ("2022-03", "2022H1", "2021-2025"):
        make_report(space, period)
    (tmp_path / "reports" / "town" / "forms").mkdir()
    return space


def make_report(space, period, parameters=None):
    report = space.out / space.data_name / period
    for name in ("public/report.html", "public/report.pdf", "working/report.html", "index.html", "results.xlsx"):
        path = report / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{period} {name.split('/')[0]}" if name.startswith("public") else SECRET, encoding="utf-8")
    parameters = parameters or {"period": period, "data": space.data_name}
    write_manifest(report, Inputs(parameters, {}, "", {}), {"public": {"key": "k", "files": []}})


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def text(path):
    """The page's text, with plain spaces."""
    return re.sub(r"[\s\u00a0]+", " ", unescape(re.sub(r"<[^>]+>", " ", path.read_text(encoding="utf-8"))))


def test_only_public_editions_are_copied(space):
    result = make_site(space)
    pages = ["index.html", "roadmap.html"]
    editions = [f"{p}/report.{kind}" for p in ("2021-2025", "2022-03", "2022H1") for kind in ("html", "pdf")]
    assert files(result.folder) == sorted(pages + editions)
    assert [period.key for period in result.periods] == ["2021-2025", "2022H1", "2022-03"] and not result.refused
    assert (result.folder / "2022H1/report.pdf").read_text(encoding="utf-8") == "2022H1 public"
    assert not any(SECRET.encode() in path.read_bytes() for path in result.folder.rglob("*") if path.is_file())


def test_links_are_relative_and_lead_somewhere(space):
    folder = make_site(space).folder
    for page in folder.glob("*.html"):
        html = page.read_text(encoding="utf-8")
        links = re.findall(r'href="([^"]+)"', html)
        assert links and "<script" not in html and "http" not in re.sub("http-equiv", "", html)
        for link in links:
            assert link.startswith("#") or (folder / link).is_file(), link


def test_the_roadmap_is_whole(space):
    page = make_site(space).folder / "roadmap.html"
    shown, order = text(page), yaml.safe_load((ROOT / "params" / "roadmap.yaml").read_text(encoding="utf-8"))
    assert re.sub(r"\s+", " ", order["title"]) in shown
    assert "от 21 июня 2021 г. № 49 «Об утверждении дорожной карты" in shown and "«21» марта 2021 г." in shown
    activities = [one for section in order["sections"] for one in section["activities"]]
    assert len(activities) == 24 and page.read_text(encoding="utf-8").count('<th scope="row">') == 24
    for one in activities:
        assert f"{one['code']} {one['name']} {'; '.join(one['executors'])} {one['due']}" in shown
    for section in order["sections"]:
        assert f"{section['number']}. {section['title']}" in shown


def test_demo_pages_are_stamped(space):
    for page in make_site(space).folder.glob("*.html"):
        assert page.read_text(encoding="utf-8").count("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ") == 2  # on the screen and in print
    (space.data / "DEMO").unlink()
    for page in make_site(space).folder.glob("*.html"):
        assert "ДЕМОНСТРАЦИОННЫЕ" not in page.read_text(encoding="utf-8")


def test_the_same_reports_give_the_same_bytes_and_what_is_withdrawn_goes(space):
    first = {name: (make_site(space).folder / name).read_bytes() for name in files(make_site(space).folder)}
    again = make_site(space).folder
    assert {name: (again / name).read_bytes() for name in files(again)} == first
    shutil.rmtree(space.out / "town" / "2022-03")
    assert "2022-03/report.pdf" not in files(make_site(space).folder)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda report: (report / "public/report.pdf").write_text("правка"), "public/report.pdf изменён или удалён"),
        (lambda report: (report / "public/report.html").unlink(), "public/report.html изменён или удалён"),
        (lambda report: (report / MANIFEST).unlink(), "нет manifest.json"),
        (lambda report: (report / MANIFEST).write_text("{"), "повреждён"),
        (lambda report: shutil.copy(report.parent / "2022-03" / MANIFEST, report), "от другого отчёта"),
    ],
)
def test_an_edition_that_is_not_as_it_was_made_is_refused(space, spoil, words):
    spoil(space.out / "town" / "2022H1")
    published, refused = find_editions(space)
    assert [one.period.key for one in published] == ["2021-2025", "2022-03"]
    assert words in refused["2022H1"] and "make report PERIOD=2022H1" in refused["2022H1"]
    assert not any(name.startswith("2022H1") for name in files(make_site(space).folder))


def test_a_report_of_other_data_is_refused(space):
    make_report(space, "2022", {"period": "2022", "data": "other"})
    assert "от другого отчёта (other, 2022)" in find_editions(space)[1]["2022"]


def test_no_reports_yet_gives_the_roadmap_alone(space):
    shutil.rmtree(space.out)
    folder = make_site(space).folder
    assert files(folder) == ["index.html", "roadmap.html"]
    assert "Публичных отчётов пока нет" in text(folder / "index.html")


def test_an_authority_without_a_roadmap(space, tmp_path):
    params = tmp_path / "params"
    shutil.copytree(ROOT / "params", params)
    (params / "roadmap.yaml").unlink()
    indicators = (params / "indicators.yaml").read_text(encoding="utf-8")
    (params / "indicators.yaml").write_text(
        re.sub(r"activities: \[[^]]*\]", "activities: []", indicators), encoding="utf-8"
    )
    foreign = Workspace(params, space.data, space.out)
    assert "roadmap.html" not in files(make_site(foreign).folder)
    shutil.rmtree(space.out)
    with pytest.raises(RequestError, match="Публиковать нечего"):
        make_site(foreign)


def test_the_command_names_what_it_left_out(space, capsys):
    import typer

    from analysis.cli_office import site

    (space.data / "schools.csv").write_text("school_id\n", encoding="utf-8")
    (space.out / "town" / "2022H1" / "public" / "report.pdf").unlink()
    with pytest.raises(typer.Exit) as stopped:
        site(data=str(space.data), params=str(space.params), out=str(space.out))
    said = capsys.readouterr().out
    assert stopped.value.exit_code == 1 and "Не опубликовано: 2022H1 – файл public/report.pdf" in said
    assert json.loads((space.out / "town/2022-03" / MANIFEST).read_text(encoding="utf-8"))["outputs"]
