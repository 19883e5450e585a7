"""Letters: only known words are put in, and nothing a school wrote becomes a header or a command."""

from dataclasses import replace
from pathlib import Path

import pytest

from analysis.letters import LetterTemplate, load_letters, one_line, write_letter
from analysis.settings import load_settings
from analysis.yamlfile import SettingsError

ROOT = Path(__file__).resolve().parents[3]
SETTINGS = load_settings(ROOT / "params")
WORDS = {"период": "2022 год", "вложения": "– карта"}


def params_with(tmp_path, old, new):
    text = (ROOT / "params" / "letters.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "letters.yaml").write_text(text.replace(old, new), encoding="utf-8")
    return tmp_path


def test_shipped_letters_are_whole():
    letters = load_letters(ROOT / "params")
    letter = write_letter(letters.parcel, "Гимназия № 5", WORDS, SETTINGS, demo=False)
    assert "Гимназия № 5" in letter.text
    assert "– карта" in letter.text
    assert "$" not in letter.text + letter.subject
    assert "ДЕМОНСТРАЦИОННЫЕ" not in letter.text
    assert write_letter(letters.parcel, "x", WORDS, SETTINGS, demo=True).text.startswith("ДЕМОНСТРАЦИОННЫЕ ДАННЫЕ")


@pytest.mark.parametrize("word", ["$__class__", "$секрет", "${долг}"])
def test_a_word_that_is_never_put_in_is_named(tmp_path, word):
    with pytest.raises(SettingsError, match="неизвестно"):
        load_letters(params_with(tmp_path, "Во вложении:", word))


@pytest.mark.parametrize("text", ["сумма 5 $", "$5", "${школа", "${школа.name}"])
def test_a_stray_dollar_is_a_settings_error(tmp_path, text):
    with pytest.raises(SettingsError, match="letters.yaml"):
        load_letters(params_with(tmp_path, "Во вложении:", text))


def test_missing_letters_are_said_in_one_line(tmp_path):
    with pytest.raises(SettingsError, match=r"letters\.yaml: файл не читается"):
        load_letters(tmp_path)


@pytest.mark.parametrize("name", ["a\r\nBcc: x@y.z", "a\nb", "a\u2028b", "a\x00b", "a\u202eb"])
def test_a_name_stays_on_its_line(name):
    template = LetterTemplate(subject="Карта: $школа", text="$школа")
    letter = write_letter(template, name, {}, SETTINGS, demo=False)
    assert letter.subject == f"Карта: {one_line(name)}"
    assert letter.subject.isprintable()
    assert len(letter.text.splitlines()) == 1


def test_words_inside_names_are_not_put_in_again():
    template = LetterTemplate(subject="x", text="$школа")
    assert write_letter(template, "$учреждение ${x} {0}", {}, SETTINGS, demo=False).text == "$учреждение ${x} {0}\n"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("$исполнитель_должность $исполнитель\n$учреждение, $отдел", "Центр\n"),
        ("Здравствуйте,\n$школа", "Здравствуйте,\nx\n"),
    ],
)
def test_what_is_not_known_leaves_no_trace(text, read):
    """A city that named neither department nor executor."""
    blank = {"department": "", "executor_name": "", "executor_position": "", "short_name": "Центр"}
    institution = SETTINGS.project.institution.model_copy(update=blank)
    settings = replace(SETTINGS, project=SETTINGS.project.model_copy(update={"institution": institution}))
    assert write_letter(LetterTemplate(subject="x", text=text), "x", {}, settings, demo=False).text == read
