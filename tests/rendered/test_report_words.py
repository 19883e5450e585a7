"""What the reports say, read from real tables: Russian, drafts marked as drafts, and the analyst's own texts."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from analysis.report.document import EDITIONS as EDITION_NAMES
from analysis.report.opening import report_of
from analysis.report.sections import (
    advice,
    card,
    comparison,
    conclusions,
    coverage,
    dynamics,
    methodology,
    monthly,
    pictures,
    roadmap_report,
)
from analysis.settings import load_settings
from analysis.tablestore import load_tables
from tests.conftest import EDITIONS, PERIODS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PARAMS = ROOT / "params"
#: What no sentence of a report may hold.
FAULTS = {
    "two full stops": r"\.\.(?!\.)|г\. \.",
    "a dot for a comma": r"\d\.\d+[ \u00a0]%",
    "a percent sign without its space": r"\d%",
    "a space before a comma": r" [,;:](?!\))",
    "an English word for nothing": r"\b(?:nan|None|NaT|NA|inf)\b",
    "quotes within quotes of one kind": r"«[^»]*«",
    "an empty pair": r"\(\)|«»",
}


@pytest.fixture
def opened(made, tmp_path):
    def opened(period: str, edition: str = "working", school: str = "", written: str = ""):
        params = tmp_path / "params"
        shutil.copytree(PARAMS, params, dirs_exist_ok=True)
        (params / "periods" / f"{period}.yaml").write_text(written, encoding="utf-8")
        settings = load_settings(params)
        parsed = settings.parse_period(period)
        tables = load_tables(made.reports / period / "tables")
        parsed = parsed.known_through(tables["indicator_history"]["period"].unique())
        return report_of(tables, settings, parsed, parsed.year_before(), edition, school, demo=True)

    return opened


def text(page: Path) -> str:
    """What a page says: its own texts, alternative texts included."""
    html = page.read_text(encoding="utf-8").partition("<main")[2]
    spoken = re.findall(r'aria-label="([^"]+)"', html)
    html = re.sub(r"<(svg|script)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return "\n".join([re.sub(r"<[^>]+>", "\n", html), *spoken])


def plain(block) -> str:
    """A block's text with plain spaces."""
    return block.plain().replace("\u00a0", " ")


def sentences():
    return [f"{period}/{edition}/report.html" for period in PERIODS for edition in EDITIONS]


@pytest.mark.parametrize("name", [*sentences(), "cards"])
def test_no_page_has_a_fault_of_language(made, name):
    pages = sorted(made.reports.glob("*/schools/*/card.html")) if name == "cards" else [made.reports / name]
    for page in pages:
        for fault, pattern in FAULTS.items():
            found = re.search(f".*(?:{pattern}).*", text(page))
            assert not found, (page.parent, fault, found)


@pytest.mark.parametrize("period", [period for period in PERIODS if period != "2022-03"])
def test_generated_decisions_and_advice_are_marked_as_drafts(made, period):
    for edition in EDITIONS:
        page = text(made.report(period, edition, "html")).replace("\u00a0", " ")
        assert "Проект. Решения принимает руководитель" in page
        if period != "2021-2025":
            assert "Подготовлены автоматически по единым правилам; это проект." in page
            assert "Адресные рекомендации группам учреждений (проект)" in page
    assert "Рекомендации (проект)" in text(made.reports / period / "schools" / "s102" / "card.html")
    assert EDITION_NAMES["working"] == "Рабочие материалы"


def test_advice_is_an_action_a_term_and_an_indicator_in_numbers_of_pupils(opened):
    report = opened("2022H1")
    given = [*advice.advice_for(report, "group"), *advice.advice_for(report, "school")]
    assert {one.unit_id for one in given} >= {"А", "Б", "В", "s103"}
    for one in given:
        assert one.action and one.due > report.date and one.due.weekday() < 5
        assert re.match(r"(внести в план меры по мероприяти\w+ \d|.+ \(п\.\u00a02\.\d приказа\))", one.action), (
            one.action
        )
        rows = report.indicators
        row = rows[(rows["unit_id"] == one.unit_id) & (rows["indicator"] == one.indicator.code)]
        row = row[row["period"] == "2022H1"].iloc[0]
        if one.lacking != advice.NOT_DONE and one.indicator.unit == "percent":
            lacking = int(re.sub(r"\D", "", one.lacking))
            now, target, whole = row["numerator"], row["target"], row["denominator"]
            assert 100 * (now + lacking) / whole >= target - 1e-9 > 100 * (now + lacking - 1) / whole
    assert any(re.fullmatch(r"[\d\u00a0]+обучающихся", one.lacking) for one in given)


def test_groups_are_not_asked_for_what_others_than_schools_carry_out(opened):
    for period in ("2022H1", "2022"):
        report = opened(period)
        missed = {row.indicator for row in advice.gaps(report, "group").itertuples()}
        asked = {one.indicator.code for one in advice.advice_for(report, "group")}
        assert "П12" in missed and not asked & {"П12", "П25"}
        assert not [
            one for one in advice.advice_for(report, "school") if re.search(r"\b(2\.10|3\.1|4\.2)\b", one.action)
        ]


@pytest.mark.parametrize(
    ("number", "word"), [(1, "обучающегося"), (2, "обучающихся"), (5, "обучающихся"), (21, "обучающегося")]
)
def test_what_is_lacking_is_in_the_genitive(opened, number, word):
    indicator = opened("2022H1").settings.indicator("П04")
    assert advice.lacking_text(indicator, 100.0 - number, 100.0, 100.0) == f"{number}\u00a0{word}"


WRITTEN = """
meeting_date: 2022-06-28
conclusions: [Свой вывод.]
recommendations: [Своя рекомендация.]
decisions: [Своё решение.]
notes: [Своё допущение.]
best_practices: [Своя практика.]
tasks: [Своя задача.]
"""


def test_the_analyst_adds_texts_without_touching_a_notebook(opened):
    report = opened("2022", written=WRITTEN)
    assert plain(conclusions.conclusions(report)).endswith("— Свой вывод.")
    decisions = plain(conclusions.draft_decisions(report))
    assert "совещании руководителей 28 июня 2022 г." in decisions and "Своё решение." in decisions
    assert "Принять к сведению" in decisions
    assert plain(advice.analysts_advice(report)) == "— Своя рекомендация."
    assert advice.group_advice_table(report) is not None and advice.school_advice(report) is not None
    assert "Своё допущение." in plain(methodology.assumptions(report))
    assert plain(comparison.best_practices(report)).startswith("— Своя практика.")
    assert plain(comparison.next_tasks(report)).startswith("— Своя задача.")
    assert plain(monthly.conclusions(opened("2022-03", written=WRITTEN))).endswith("— Свой вывод.")
    assert plain(roadmap_report.proposals(opened("2021-2025", written=WRITTEN))).startswith("1. Своя задача.")


def test_the_analyst_replaces_texts(opened):
    report = opened("2022H1", written=WRITTEN + "decisions_replace: true\nrecommendations_replace: true\n")
    assert "Принять к сведению" not in plain(conclusions.draft_decisions(report))
    assert "1. Своё решение." in plain(conclusions.draft_decisions(report))
    assert advice.group_advice_table(report) is None and advice.school_advice(report) is None
    assert plain(advice.analysts_advice(report)) == "— Своя рекомендация."


def test_every_key_that_the_example_explains_is_known():
    from analysis.params.project import PeriodOverrides

    explained = re.findall(r"^# (\w+):", (PARAMS / "periods" / "2022H1.yaml").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(explained) == set(PeriodOverrides.model_fields)


def test_the_digest_names_what_changed_and_what_is_due(opened):
    said = plain(monthly.conclusions(opened("2022-03")))
    assert "По сравнению с февралём 2022 года больше всего изменились: " in said and "п.п.)" in said
    assert "До 20 апреля 2022 г. нужно: представить форму – 1 ОУ" in said
    events = plain(monthly.events_sentence(opened("2022-03")))
    assert re.fullmatch(
        r"За март 2022 года школы провели \d+ мероприяти\w+ \(п\. 2\.5 и 2\.9\) и разместили \d+ публикаци\w+ \(п\. 5\.1\)\.",
        events,
    )


def test_a_card_says_not_done_rather_than_how_much_is_lacking(opened):
    assert "План мероприятий: не выполнено" in plain(card.gaps_list(opened("2022H1", "card", "s102")))


def test_what_needs_a_decision_first_has_one(opened):
    """Excursions are made by others than schools: they are asked, not the heads."""
    report = opened("2022H1", "meeting")
    needed = re.search(r"прежде всего: (.+?);", plain(conclusions.conclusions(report)))
    decisions = plain(conclusions.draft_decisions(report))
    assert needed and needed[1] == "экскурсии на предприятия, формы в срок и договоры с партнёрами"
    assert re.findall(r"по показателю «.+?»+ \((П\d\d)\)", decisions) == ["П12", "П03", "П28"]
    (of_others,) = (line for line in decisions.splitlines() if "П12" in line)
    assert "Согласовать с исполнителями мероприятия 2.10 (Управление по труду и занятости населения" in of_others
    assert "Ответственный – отдел профилактической" in of_others and "Руководителям" not in of_others
    assert "Руководителю учреждения, где это не сделано, – утвердить план мероприятий" in decisions
    assert "уровня «требует адресной поддержки» (Гимназия № 145 и СОШ № 140)" in decisions
    assert "Гимназия № 145" not in plain(conclusions.draft_decisions(without_schools(report)))


def without_schools(report):
    """The same report as an edition that has no list of levels."""
    counts = report.rankings.groupby(["group", "attainment_level"], as_index=False).size().rename(columns={"size": "n"})
    tables = {**report.tables, "rankings": report.rankings.iloc[:0], "level_counts": counts}
    return replace(report, tables=tables, edition="public")


def test_half_a_year_does_not_miss_targets_of_the_year(opened):
    report = opened("2022H1", "meeting")
    table = dynamics.dynamics_table(report).frame.set_index("name")
    assert table.loc["П13. Конкурсы мастерства на 100", "target"] == "1,5"
    assert table["attainment"].isna()[["П13. Конкурсы мастерства на 100", "П26. Конференции на 100 педагогов"]].all()
    for picture in (pictures.targets(report), pictures.group_heat(report)):
        assert "П12" in picture.svg and "П13" not in picture.svg and "П26" not in picture.svg
    assert "П13" in pictures.targets(opened("2022")).svg


def test_a_month_judges_no_school_by_the_targets_of_a_year(opened):
    month, half = (pictures.card_profile(opened(period, "card", "s102")).svg for period in ("2022-03", "2022H1"))
    assert "не достигнута" not in month and "не достигнута" in half


def test_habits_and_new_schools_are_named(opened):
    said = plain(coverage.coverage_sentence(opened("2022", "meeting")))
    assert said.endswith(
        "За период: ни одной ежемесячной формы – СОШ № 133 (12 из 12); больше половины с опозданием – СОШ № 128 (9 из 12)."
    )
    assert "За период" not in plain(coverage.coverage_sentence(opened("2022-03")))
    listed = plain(coverage.excluded_table(opened("2022", "meeting")))
    assert "СОШ № 143" in listed and "учреждение открыто 1 сентября 2021 г.: с 2021 годом не сравнивается" in listed
    assert "мониторинга тогда ещё не было" in plain(coverage.due_sentence(opened("2022")))
    assert "мониторинга тогда ещё не было" not in plain(coverage.due_sentence(opened("2022-03")))


def test_a_card_pictures_every_indicator_it_speaks_of(opened):
    for school in ("s103", "s111", "s140"):
        report = opened("2022H1", "card", school)
        pictured = card.profile_rows(report)["indicator"].tolist()
        assert pictured == sorted(pictured) and len(pictured) == card.MAX_INDICATORS
        names = [report.settings.indicator(code).short_name for code in pictured]
        spoken = plain(card.strengths(report)) + "\n" + plain(card.gaps_list(report))
        for line in spoken.splitlines():
            assert not line.startswith("—") or line[2:].partition(": ")[0] in names, (school, line)
        assert {one.indicator.code for one in card.own_advice(report)} <= set(pictured)


def test_single_schools_stand_under_one_heading_where_they_are_not_named(opened):
    given = advice.given_recommendations(opened("2022H1", "meeting"))
    headings = [group.heading for group in given.groups]
    assert headings == [
        "Все учреждения",
        "Группа А. Гимназии и лицеи",
        "Группа В. СОШ и центры, до 450",
        "Отдельные учреждения",
    ]
    assert not re.search(r"№ \d{3}\b", plain(given))
    named = advice.given_recommendations(opened("2022H1"))
    assert "СОШ № " in plain(named) and "Отдельные учреждения" not in plain(named)
    assert sum(len(group.rows) for group in given.groups) == sum(len(group.rows) for group in named.groups)
