"""The analyst's page: who is missing, where everything is, and why a school has no card."""

import re
from html import unescape
from pathlib import Path

import pandas as pd
import pytest

from analysis.report.absence import reason_without_form
from analysis.report.index import write_index
from analysis.settings import load_settings
from analysis.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
SCHOOLS = {
    "s1": ("СОШ № 1", "on_time"), "s2": ("СОШ № 2", "late"), "s3": ("СОШ № 3", "missing"), "s4": ("СОШ № 4", "returned"),
    "s5": ("СОШ № 5", None), "s6": ("СОШ № 6", None),
}  # fmt: skip


@pytest.fixture
def tables():
    schools = pd.DataFrame([(code, name, "2000-01-01", None) for code, (name, _) in SCHOOLS.items()])
    schools.columns = ["school_id", "name", "valid_from", "valid_to"]
    schools.loc[schools["school_id"] == "s5", "valid_to"] = "2022-01-31"
    schools.loc[schools["school_id"] == "s6", "valid_from"] = "2022-09-01"
    sent = [(code, "2022H1", status) for code, (_, status) in SCHOOLS.items() if status]
    return {"schools": schools, "submissions": pd.DataFrame(sent, columns=["school_id", "period", "status"])}


@pytest.fixture
def page(tables, tmp_path):
    space = Workspace(ROOT / "params", tmp_path / "data" / "town", tmp_path)
    for name in ("schools/s1/card.html", "working/report.html", "working/report.pdf", "meeting/report.docx"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()

    def page(failed=()):
        write_index(tmp_path, space.settings.parse_period("2022H1"), tables, space, failed)
        return (tmp_path / "index.html").read_text(encoding="utf-8")

    return page


def text(html):
    return re.sub(r"[\s\u00a0]+", " ", unescape(re.sub(r"<[^>]+>", "", html)))


def test_it_says_who_reported_and_who_did_not(page):
    shown = text(page())
    assert "Формы представили 3 из 4 ОУ (75,0 %)." in shown
    assert "Не представили (1): СОШ № 3." in shown and "С опозданием (1): СОШ № 2." in shown
    assert "Возвращены на исправление (1): СОШ № 4." in shown


def test_every_missing_card_has_its_own_reason(page):
    shown = text(page(failed=["s4"]))
    assert "форма представлена, карта не заказана в SCHOOLS= (1): СОШ № 2." in shown
    assert "карта не построена из-за ошибки, подробности в run.log (1): СОШ № 4." in shown
    assert "форма не представлена (1): СОШ № 3." in shown
    assert "учреждение закрыто 31 января 2022 г. (1): СОШ № 5." in shown
    assert "учреждение открыто 1 сентября 2022 г. (1): СОШ № 6." in shown


def test_it_links_only_what_exists(page):
    html = page()
    links = [link for link in re.findall(r'href="([^"#]+)"', html) if "/" in link]
    assert links == ["working/report.html", "working/report.pdf", "meeting/report.docx", "schools/s1/card.html",
                     "schools/s1/card.pdf"]  # fmt: skip
    assert "<script" not in html


@pytest.mark.parametrize(
    ("status", "opened", "closed", "reason"),
    [
        ("missing", "2000-01-01", None, "форма не представлена"),
        ("on_time", "2000-01-01", "2022-01-01", ""),
        ("not_due", "2000-01-01", None, "форма за этот период не требовалась"),
        (None, "2000-01-01", "2022-01-31", "учреждение закрыто 31 января 2022 г."),
        (None, "2022-09-01", None, "учреждение открыто 1 сентября 2022 г."),
    ],
)
def test_reasons(status, opened, closed, reason):
    school = pd.Series({"valid_from": opened, "valid_to": closed})
    period = load_settings(ROOT / "params").parse_period("2022H1")
    assert reason_without_form(status, school, period).replace("\u00a0", " ") == reason
