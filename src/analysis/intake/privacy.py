"""Names of people and diagnoses in a file that may hold only counts. What is found is never copied anywhere."""

from __future__ import annotations

import re

from analysis.intake.names import remembered

_FIRST_NAMES = """александр александра алексей алена алина алиса алла анастасия анатолий андрей анна антон арина артем
артур богдан борис вадим валентина валерий валерия варвара василий василиса вера вероника виктор виктория виталий
владимир владислав вячеслав галина георгий глеб григорий даниил данил дарья денис диана дмитрий евгений евгения егор
екатерина елена елизавета захар иван игорь илья ирина кирилл кристина ксения лариса лев леонид лидия любовь людмила
макар максим маргарита марина мария марк матвей милана михаил надежда наталья никита николай нина оксана олег ольга
павел петр полина роман руслан светлана семен сергей софия софья станислав степан тамара татьяна тимофей тимур ульяна
федор эдуард юлия юрий яна ярослав""".split()
_WORD = r"[А-ЯЁ][а-яё]{1,30}(?:-[А-ЯЁ][а-яё]{1,30})?"
_PATRONYMIC = r"[А-ЯЁ][а-яё]{0,30}(?:ич(?:а|у|е|ем)?|(?:[ое]вн|ичн)(?:а|ы|е|у|ой)|\s+(?:оглы|кызы))"
_FULL = re.compile(rf"\b{_WORD}\s+{_WORD}\s+{_PATRONYMIC}\b")
_INITIALS = re.compile(rf"\b{_WORD}\s+[А-ЯЁ]\.\s?[А-ЯЁ]\.|\b[А-ЯЁ]\.\s?[А-ЯЁ]\.\s?{_WORD}")
_ONE_INITIAL = re.compile(rf"\b({_WORD})\s+[А-ЯЁ]\.(?!\w)")
_PAIR = re.compile(r"\b([А-ЯЁ][а-яё]{1,30})\s+([А-ЯЁ][а-яё]{1,30})\b")
_SURNAME = re.compile(r"(?:ов|ев|ёв|ин|ын|ова|ева|ёва|ина|ына|ский|цкий|ская|цкая|ко|ук|юк|ян|дзе|швили|их|ых|ер|ич)$")
_DIAGNOSIS = re.compile(
    r"\b(?:диагноз\w*|дцп|аутизм\w*|аутист\w*|эпилепси\w*|шизофрени\w*|олигофрени\w*|умствен\w+ отстал\w*|"
    r"синдром\w* дауна|сахарн\w+ диабет\w*|онколог\w*|туберкул[её]з\w*|вич-инфек\w*|[fg]\d{2}\.\d)\b",
    re.IGNORECASE,
)
_HONOUR = re.compile(r"(?:имени|им\.)\s*$", re.IGNORECASE)


@remembered
def people_in(text: str) -> int:
    """How many names of people a text holds."""
    rest = text[:5_000]
    count = 0
    for pattern in (_FULL, _INITIALS):
        for match in pattern.finditer(rest):
            count += not _HONOUR.search(rest[max(0, match.start() - 8) : match.start()])
        rest = pattern.sub(" ", rest)
    count += sum(bool(_SURNAME.search(name.lower())) for name in _ONE_INITIAL.findall(rest))
    return count + sum(_is_person(*pair) for pair in _PAIR.findall(rest))


def _is_person(one: str, two: str) -> bool:
    first, second = one.lower().replace("ё", "е"), two.lower().replace("ё", "е")
    return (second in _FIRST_NAMES and bool(_SURNAME.search(first))) or (
        first in _FIRST_NAMES and bool(_SURNAME.search(second))
    )


@remembered
def has_diagnosis(text: str) -> bool:
    """Does a text name an illness?"""
    return _DIAGNOSIS.search(text[:5_000]) is not None
