"""What reports say of places, steps, levels and changes: sentences that a director reads rightly."""

import numpy as np
import pandas as pd
import pytest

from analysis.measures import rankings
from analysis.measures.changes import changes_by_unit_indicator
from analysis.measures.comparison import comparisons_by_test
from analysis.measures.summaries import schools_by_level
from analysis.report.charts_funnel import place_names
from analysis.report.charts_page import width_mm
from analysis.report.opening import PeriodReport
from analysis.report.sections import card, comparison, funnel, levels, pictures
from tests.unit.measures.table_kit import BEFORE, H1, SETTINGS, random_counts, rows, schools

CITY = schools({"А": 8, "Б": 12})
NOW = random_counts(CITY, chance=0.45, spread=0.08, seed=3)
INDICATORS = pd.concat(
    [rows(random_counts(CITY, chance=0.4, spread=0.08, seed=4), CITY, BEFORE),
     rows(NOW, CITY, statuses={"s104": "special_conditions"})],
    ignore_index=True,
)  # fmt: skip


@pytest.fixture(scope="module")
def tables():
    now = INDICATORS[INDICATORS["period"] == H1.key]
    ranking, steps = rankings.rankings_and_steps(now, CITY, SETTINGS)
    tests = comparisons_by_test(INDICATORS, CITY, H1, BEFORE, SETTINGS)
    return {
        "indicators": INDICATORS, "rankings": ranking, "place_steps": steps, "comparisons": tests,
        "changes": changes_by_unit_indicator(INDICATORS, tests, CITY, H1, BEFORE, SETTINGS),
        "sensitivity": rankings.sensitivity_by_school(now, CITY, SETTINGS),
        "funnel": rankings.funnel_by_school_indicator(now, SETTINGS),
        "indicator_ranks": rankings.indicator_ranks_by_school(now, CITY, SETTINGS),
        "level_counts": schools_by_level(ranking),
        "schools": CITY.assign(name="СОШ № " + CITY["school_id"].str[1:]),
    }  # fmt: skip


def report(tables, edition="working"):
    return PeriodReport(SETTINGS, H1, BEFORE, edition, tables)


def test_those_left_out_are_counted_beside_the_levels(tables):
    text = str(levels.levels_sentence(report(tables)).text)
    assert text.replace("\u00a0", " ").startswith(
        "Распределено 19 учреждений из 20 (не распределены – 1, причины ниже): "
    )


def without_some_levels(tables, *, listed):
    """One school's level hidden, and with it the numbers of its group; without the list of schools as for the public."""
    counts = tables["level_counts"]
    group = counts["group"].iloc[0]
    code = tables["rankings"].query("ranked and group == @group")["school_id"].iloc[0]
    told = tables["rankings"]["attainment_level"].mask(tables["rankings"]["school_id"] == code)
    rankings = tables["rankings"].assign(attainment_level=told) if listed else tables["rankings"].iloc[:0]
    hidden = counts.assign(n=counts["n"].astype("Float64").mask(counts["group"] == group))
    return group, tables | {"level_counts": hidden, "rankings": rankings}


def test_a_hidden_level_is_neither_zero_nor_out_of_the_ranking(tables):
    _, hidden = without_some_levels(tables, listed=True)
    text = str(levels.levels_sentence(report(hidden, "meeting")).text).replace("\u00a0", " ")
    assert text.startswith("Распределено 19 учреждений из 20 (не распределены – 1, причины ниже): ")
    assert "уровень не приводится – 1 (" in text
    assert levels.needing_support(report(hidden, "meeting"))[1] == "не менее "
    assert "уровень не приводится – 1" in pictures.level_bars(report(hidden, "meeting")).alt


def test_numbers_of_hidden_groups_are_not_taken_for_zero(tables):
    group, hidden = without_some_levels(tables, listed=False)
    counts = tables["level_counts"]
    text = str(levels.levels_sentence(report(hidden, "public")).text)
    shown = counts[counts["group"] != group].groupby("attainment_level")["n"].sum()
    assert all(f"«{name}» – {int(n)}" in text for name, n in shown.items())
    assert f"По группе {group} числа не приводятся" in text
    lowest = SETTINGS.project.scoring.levels[-1].name
    assert levels.needing_support(report(hidden, "public")) == (int(shown.get(lowest, 0)), "не менее ")


def place_fact(size, places):
    """What the card of a ranked school in a group of ``size`` says of these places."""
    row = {"school_id": "s1", "group": "А", "score": 90.0, "n_valid": 12, "reason": "", "ranked": True, **places}
    rankings = pd.DataFrame([row | {"attainment_level": "близко к достижению"}])
    own = {"rankings": rankings, "group_medians": pd.DataFrame({"n_ranked": [size]})}
    return card.position_facts(PeriodReport(SETTINGS, H1, BEFORE, "card", own, "s1")).facts[1]


@pytest.mark.parametrize(
    ("size", "place", "low", "said", "more"),
    [
        (1, 1, 1, "одна", ""),
        (2, 2, 1, "любое место", "По баллу место 2-е. Различия с остальными школами"),
        (2, 2, 2, "2-е место", "Место 2-е; случайные колебания этого не меняют"),
        (3, 3, 2, "не в верхней трети", "По баллу место 3-е. С учётом случайных колебаний – от 2-го до 3-го."),
        (9, 8, 7, "в нижней трети", "от 7-го до 9-го"),
        (9, 5, 4, "не в верхней трети", "от 4-го до 9-го"),
        (9, 3, 2, "места 2–9", "По баллу место 3-е. С учётом случайных колебаний – от 2-го до 9-го."),
        (9, 1, 1, "любое место", "в пределах случайных колебаний"),
    ],
)
def test_a_card_tells_the_place_in_a_group_of_any_size(tables, size, place, low, said, more):
    fact = place_fact(
        size, {"rank": place, "rank_low": low, "rank_high": size, "place_low": place, "place_high": place}
    )
    assert fact.value == said
    assert more in str(fact.detail)


@pytest.mark.parametrize(
    ("interval", "said", "more"),
    [
        ((2, 8), "места 2–8", "С учётом случайных колебаний – от 2-го до 8-го."),
        ((1, 9), "любое место", "Различия с остальными школами"),
        ((np.nan, np.nan), "–", "не приводится"),
    ],
)
def test_a_card_whose_exact_place_would_tell_of_another_school_has_none(tables, interval, said, more):
    row = {"rank": np.nan, "place_low": 3, "place_high": 5}
    row |= dict(zip(("rank_low", "rank_high"), interval, strict=True))
    fact = place_fact(9, row)
    assert fact.value == said and more in str(fact.detail) and "баллу" not in str(fact.detail)


@pytest.mark.parametrize(("places", "said"), [((3, 3), "в верхней трети"), ((4, 6), "в средней трети"), ((3, 4), "–")])
def test_without_an_interval_a_card_tells_the_third_of_the_score_alone(tables, places, said):
    """And only where no hidden figure of another school could change it."""
    row = {"rank": np.nan, "rank_low": np.nan, "rank_high": np.nan}
    row |= dict(zip(("place_low", "place_high"), places, strict=True))
    fact = place_fact(9, row)
    assert fact.value == said and "Интервал мест не приводится" in str(fact.detail)
    assert ("по баллу" in str(fact.label)) == (said != "–")


def test_without_effects_a_report_says_why(tables):
    empty = tables | {"effects": pd.DataFrame(columns=["measure"])}
    kept = empty | {"measures": pd.DataFrame({"measure": ["М1"]})}
    assert "не ведётся" in str(comparison.effects_block(report(empty)).text)
    said = str(comparison.effects_block(report(kept)).text)
    assert "не ведётся" not in said
    assert "после периода сравнения (I полугодие 2021 года)" in said


def test_no_data_for_a_measure_is_explained(tables):
    effect = {"measure": "М1", "indicator": "П11", "before": 1.0, "after": 2.0, "difference_in_differences": 0.5}
    effect |= {"ci_low": np.nan, "ci_high": np.nan, "p_value": np.nan, "n_with": 1, "n_without": 3}
    for verdict in ("нет данных", "недостаточно"):
        note = str(
            comparison.effects_table(report(tables | {"effects": pd.DataFrame([effect | {"verdict": verdict}])})).note
        )
        assert ("«Нет данных» – " in note) == (verdict == "нет данных")


def test_steps_in_the_table_are_those_of_pairs(tables):
    frame = levels.ranking_table(report(tables)).frame.set_index("school_id")
    steps = tables["place_steps"].set_index("school_id")["step"]
    assert frame["step"].astype(int).to_dict() == steps.astype(int).to_dict()
    for _, group in frame.groupby("group"):
        assert group.sort_values("rank")["step"].is_monotonic_increasing


@pytest.mark.parametrize("edition", ["working", "meeting"])
def test_the_note_does_not_take_overlap_for_equality(tables, edition):
    note = str(levels.ranking_table(report(tables, edition)).note)
    assert "Если интервалы двух учреждений не пересекаются, первое уверенно выше" in note
    assert "ни одну пару которых по этим данным не различить" in note


def test_a_hidden_step_is_explained_and_not_counted(tables):
    steps = tables["place_steps"].copy()
    steps.loc[steps["group"] == "А", "step"] = pd.NA
    some = report(tables | {"place_steps": steps}, "meeting")
    assert str(levels.ranking_table(some).note).endswith("малые числа.")
    first, second = (str(item) for item in levels.uncertainty_bullets(some).items)
    assert "ступен" not in first
    assert "ступен" in second or "ни одну пару" in second
    steps["step"] = [pd.NA, *range(1, 4), *([3] * (len(steps) - 4))]
    partly = report(tables | {"place_steps": steps}, "meeting")
    first, _ = (str(item).replace("\u00a0", " ") for item in levels.uncertainty_bullets(partly).items)
    assert first.endswith("; данные различают не меньше 3 ступеней.")


def test_what_an_edition_hides_is_not_said_to_be_absent(tables):
    nothing = {name: tables[name].iloc[:0] for name in ("rankings", "place_steps", "sensitivity", "indicator_ranks")}
    public = report(tables | nothing, "public")
    assert levels.method_sentence(public) is None
    assert levels.uncertainty_bullets(public) is None
    for text in (levels.school_table(public).text, *comparison.best_practices(public).items):
        assert "в этой редакции" in str(text).lower()


def test_the_meetings_picture_keeps_the_order_of_the_table(tables):
    some = report(tables, "meeting")
    alt = pictures.place_intervals(some).alt
    names = levels.ranked_rows(some).query("group == 'А'")["school"]
    places = [alt.index(name) for name in names]
    assert places == sorted(places)


def test_a_group_that_cannot_be_told_apart_is_told_so(tables):
    one = tables["place_steps"].assign(step=1)
    for item in levels.uncertainty_bullets(report(tables | {"place_steps": one})).items:
        assert str(item).endswith("; ни одну пару учреждений по этим данным не различить.")


def test_effect_sizes_have_their_scale_and_no_word_below_small():
    assert comparison.format_effect(0.17, "cohen_h") == "h\u00a0= 0,17"
    assert comparison.format_effect(-0.31, "hedges_gz") == "g\u00a0= −0,31 (малый)"
    assert comparison.format_effect(0.9, "hedges_gz") == "g\u00a0= 0,90 (большой)"
    assert comparison.format_effect(np.nan, "") == "—"


def test_the_comparison_says_how_many_schools_and_claims(tables):
    table = comparison.comparison_table(report(tables))
    claims = (tables["changes"].query("level == 'city'")["verdict"] != "not_tested").sum()
    assert "(20\u00a0ОУ)" in str(table.note)
    assert f"на то, что выводов {claims}:" in str(table.note)
    assert "может не содержать нуля" in str(table.note)


def test_leaders_are_the_surest_and_the_rest_are_counted(tables):
    ranks = pd.DataFrame({"school_id": CITY["school_id"], "group": "Б", "indicator": "П04", "rank": 1, "rank_low": 1})
    ranks = ranks.assign(rank_high=[6] * 5 + [2] * 2 + [20] * 13)
    (item,) = comparison.best_practices(report(tables | {"indicator_ranks": ranks})).items
    text = str(item).replace("\u00a0", " ")
    assert text.split(": ")[1].startswith("СОШ № 106, СОШ № 107, СОШ № 101")
    assert text.endswith(" и ещё 2 учреждения.")


def test_the_funnel_lists_everyone_outside_and_names_do_not_meet(tables):
    rng = np.random.default_rng(5)
    points = [(float(x), float(y)) for x, y in zip(rng.uniform(15, 140, 40), rng.uniform(12, 90, 40), strict=True)]
    named = [(point, f"Центр образования № {i}") for i, point in enumerate(points)]
    placed = place_names(named, points, [], ((13.0, 150.0), (9.0, 95.0)))
    assert 5 < len(placed) < 40
    boxes = [(left, left + width_mm(name, 7), middle) for (left, middle), name in placed]
    for i, (left, right, middle) in enumerate(boxes):
        assert all(right < a or b < left or abs(y - middle) >= 2.5 for a, b, y in boxes[:i])
        assert all(not (left < x < right and abs(y - middle) < 2) for x, y in points)
    outside = tables["funnel"].query("band == 'above_998' or band == 'below_998'")
    picture = funnel.funnel_picture(report(tables))
    shown = outside[outside["indicator"] == picture.caption[:3]]
    assert len(shown)
    for school_id in shown["school_id"]:
        assert f"№\u00a0{school_id[1:]} (" in picture.note


def test_long_names_of_many_schools_do_not_fill_the_funnels_page(tables):
    """Names are cut to what charts print, and those farthest out stand for the rest."""
    long = "Муниципальное бюджетное общеобразовательное учреждение «Средняя общеобразовательная школа № {} имени героя»"
    schools = tables["schools"].assign(
        name=[long.format(number) for number in range(101, 101 + len(tables["schools"]))]
    )
    everyone = tables["funnel"].assign(band="above_998", z=range(len(tables["funnel"])))
    note = str(funnel.funnel_picture(report(tables | {"schools": schools, "funnel": everyone})).note)
    assert note.count("№") == funnel.MOST_LISTED
    assert "…\u00a0№\u00a01" in note and "Муниципальное" not in note and "имени" not in note
    size = len(everyone[everyone["indicator"] == everyone["indicator"].iloc[0]])
    assert f" и ещё {size - funnel.MOST_LISTED} (лист funnel" in note
    assert len(note) < 900


def test_a_public_report_does_not_say_that_no_indicator_needs_a_remark(tables):
    """Remarks rest on figures of schools, which it has not: nothing follows from their absence."""
    said = str(comparison.indicator_remarks(report(tables, "public")).items[0])
    assert "Оснований менять" not in said and "не приводятся" in said
