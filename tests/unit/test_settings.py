"""The params folder: the order verbatim, strict models, errors that name file, line and path."""

import csv
import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from analysis.settings import load_settings
from analysis.yamlfile import SettingsError

ROOT = Path(__file__).resolve().parents[2]
PARAMS = ROOT / "params"
SOURCE = Path(__file__).parent / "data" / "activities.csv"


@pytest.fixture
def params(tmp_path):
    shutil.copytree(PARAMS, tmp_path / "params")
    return tmp_path / "params"


def edit(folder, name, old, new):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_roadmap_is_the_order_verbatim():
    roadmap = load_settings(PARAMS).roadmap
    with SOURCE.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(roadmap.sections) == 5
    assert [len(section.activities) for section in roadmap.sections] == [1, 15, 5, 2, 1]
    for row, activity in zip(rows, roadmap.activities, strict=True):
        assert activity.code == row["no"]
        assert activity.name_source == row["name_as_in_source"]
        assert activity.executors_source == row["executors_as_in_source"]
        assert activity.due_source == row["due_as_in_source"]
    titles = [f"{section.number}. {section.title}" for section in roadmap.sections]
    assert titles == list(dict.fromkeys(row["section"] for row in rows))


def test_the_clauses_and_the_annex_date_are_kept():
    roadmap = load_settings(PARAMS).roadmap
    assert [clause.number for clause in roadmap.clauses] == [
        "1", "2", "2.1", "2.2", "2.3", "2.4", "2.5", "3", "3.1", "3.2", "3.3", "4",
    ]  # fmt: skip
    assert (roadmap.order.number, str(roadmap.order.date)) == ("49", "2021-06-21")
    assert roadmap.order.annex_date_source == "«21» марта 2021 г."
    assert "до 20 июня и 20 декабря" in next(c for c in roadmap.clauses if c.number == "2.5").text_source


def test_thirty_indicators_with_targets_and_known_measures():
    settings = load_settings(PARAMS)
    assert [i.code for i in settings.indicators] == [f"П{n:02d}" for n in range(1, 31)]
    assert settings.indicator("П04").targets == {2021: 50, 2022: 60, 2023: 70, 2024: 80, 2025: 90}
    assert [i.code for i in settings.indicators if not i.targets] == ["П07", "П14", "П29"]
    assert {c.code for c in settings.checks} == {*(f"E{n}" for n in range(1, 8)), *(f"W{n}" for n in range(1, 8))}
    assert settings.indicator_set.status == "проект, утверждается приказом"


def test_cumulative_indicators_are_scored_in_the_first_half_and_the_year():
    settings = load_settings(PARAMS)
    for indicator in settings.indicators:
        if indicator.type == "C":
            assert indicator.scored_in == ("H1", "year"), indicator.code


def test_models_are_frozen():
    with pytest.raises(ValidationError):
        load_settings(PARAMS).project.data = "other"


def test_an_unknown_key_names_file_line_path_and_a_suggestion(params):
    edit(params, "project.yaml", "min_count: 5", "min_cuont: 5")
    with pytest.raises(SettingsError) as caught:
        load_settings(params)
    text = str(caught.value)
    line = next(
        n for n, row in enumerate((params / "project.yaml").read_text("utf-8").splitlines(), 1) if "cuont" in row
    )
    assert f"project.yaml, строка {line}, privacy.min_cuont: неизвестный ключ" in text
    assert "возможно, «min_count»" in text


@pytest.mark.parametrize(
    ("name", "old", "new", "expected"),
    [
        ("indicators.yaml", "numerator: [tested]", "numerator: [testd]", "нет меры «testd»"),
        ("indicators.yaml", "unit: percent", "unit: percents", "недопустимое значение «percents»"),
        ("indicators.yaml", "code: П02", "code: П01", "код «П01» указан дважды"),
        ("indicators.yaml", "[план, плана, планов]", "[план, плана]", "noun.2: обязательное поле не заполнено"),
        ("indicators.yaml", "[план, плана, планов]", "[план, плана, '']", "noun.2: текст пуст"),
        ("indicators.yaml", "[план, плана, планов]", "[план, плана, планов, еще]", "noun: значений больше, чем нужно"),
        ("indicators.yaml", "[план, плана, планов]", "план", "noun: ожидается список"),
        ("project.yaml", "alpha: 0.05", "alpha: много", "tests.alpha: ожидается число"),
        ("project.yaml", "due_day: 20", "due_day: 20\n  due_day: 21", "ключ «due_day» указан дважды"),
        ("project.yaml", "weights: {}", "weights: {П99: 2}", "нет показателя «П99»"),
        ("project.yaml", "weights: {}", "weights: {П04: -1}", "scoring.weights.П04"),
        ("project.yaml", "multiplicity: holm", "multiplicity: hölm", "недопустимое значение «hölm», допустимо: "),
        ("project.yaml", "seed: 49", "seed: -1", "tests.seed"),
        (
            "project.yaml",
            "confidence: 0.95",
            "confidence: 95",
            "tests.confidence: значение слишком велико (указано: «95»)",
        ),
        ("project.yaml", "min_pairs: 6", "min_pairs: 0", "tests.min_pairs"),
        ("roadmap.yaml", "first_year: 2021", "first_year: [", "Исправьте запись YAML"),
        ("project.yaml", "data: demo", "data: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
    ],
)
def test_broken_files_are_explained(params, name, old, new, expected):
    edit(params, name, old, new)
    with pytest.raises(SettingsError, match=name.replace(".", r"\.")) as caught:
        load_settings(params)
    assert expected in str(caught.value)


def test_a_missing_folder_and_a_wrong_period_file(params, tmp_path):
    with pytest.raises(SettingsError, match="не найдена"):
        load_settings(tmp_path / "nowhere")
    (params / "periods" / "2022Q1.yaml").write_text("notes: []\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="имя файла должно быть периодом"):
        load_settings(params)
