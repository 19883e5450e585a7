"""Read a YAML file into a frozen model and say in Russian where it is wrong: file, line, path, what to do."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from analysis.files import reason_of

Model = TypeVar("Model", bound=BaseModel)
NAMED_AT_MOST = 3

_REASONS = {
    "missing": "обязательное поле не заполнено",
    "extra_forbidden": "неизвестный ключ",
    "int_parsing": "ожидается целое число",
    "float_parsing": "ожидается число",
    "bool_parsing": "ожидается true или false",
    "string_type": "ожидается текст",
    "list_type": "ожидается список",
    "tuple_type": "ожидается список",
    "dict_type": "ожидается набор пар «ключ: значение»",
    "string_too_short": "текст пуст",
    "too_long": "значений больше, чем нужно",
    "literal_error": "недопустимое значение",
    "date_from_datetime_parsing": "ожидается дата вида 2022-06-20",
    **dict.fromkeys(("int_type", "int_from_float"), "ожидается целое число"),
    **dict.fromkeys(("float_type", "finite_number"), "ожидается число"),
    "bool_type": "ожидается true или false",
    "model_type": "ожидается набор пар «ключ: значение»",
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_inexact"), "ожидается дата вида 2022-06-20"),
    "too_short": "список слишком короткий",
    **dict.fromkeys(("greater_than", "greater_than_equal"), "значение слишком мало"),
    **dict.fromkeys(("less_than", "less_than_equal"), "значение слишком велико"),
}


class SettingsError(ValueError):
    """A params file cannot be used; the message (Russian) names file, line and path."""


class _UniqueKeyLoader(yaml.SafeLoader):
    """Safe loader that refuses a key given twice: YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"ключ «{key}» указан дважды", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def load_model(path: Path, model: type[Model]) -> Model:
    """Parse and validate one file. Raises SettingsError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SettingsError(
            f"{path.name}: файл не читается ({reason_of(error)}). Проверьте папку {path.parent}."
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path.name}: файл не в кодировке UTF-8. Сохраните его в UTF-8.") from None
    values = _parse(path, text)
    try:
        return model.model_validate({} if values is None else values)
    except ValidationError as error:
        root = yaml.compose(text, Loader=_UniqueKeyLoader)
        raise SettingsError("\n".join(_sentences(path, root, model, error))) from None


def _parse(path: Path, text: str) -> Any:
    try:
        return yaml.load(text, Loader=_UniqueKeyLoader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(f"{path.name}, строка {line}: {error.problem}. Исправьте запись YAML.") from None
    except yaml.YAMLError as error:
        raise SettingsError(f"{path.name}: файл не разбирается как YAML ({error}).") from None


def _sentences(path: Path, root: yaml.Node | None, model: type[BaseModel], error: ValidationError) -> list[str]:
    sentences = [_sentence(path, root, model, item) for item in error.errors()]
    more = len(sentences) - NAMED_AT_MOST
    return [*sentences[:NAMED_AT_MOST], *([f"И ещё ошибок: {more}."] if more > 0 else [])]


def _sentence(path: Path, root: yaml.Node | None, model: type[BaseModel], item: Any) -> str:
    location = item["loc"]
    where = ".".join(str(part) for part in location) or "(весь файл)"
    reason = _REASONS.get(item["type"], item["msg"].removeprefix("Value error, "))
    text = f"{path.name}, строка {_line(root, location)}, {where}: {reason}"
    if item["type"] == "extra_forbidden":
        return text + _did_you_mean(model, location) + "."
    if item["type"] == "literal_error":
        known = str(item["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        return f"{text} «{item['input']}», допустимо: {known}."
    if item["type"] != "missing" and isinstance(item["input"], str | int | float):
        text += f" (указано: «{item['input']}»)"
    return text + "."


def _line(root: yaml.Node | None, location: tuple[int | str, ...]) -> int:
    node, line = root, 1
    for part in location:
        found = _child(node, part)
        if found is None:
            break
        line, node = found
    return line


def _child(node: yaml.Node | None, part: int | str) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(part):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        child = node.value[part]
        return child.start_mark.line + 1, child
    return None


def _did_you_mean(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    names = _known_names(model, location[:-1])
    close = difflib.get_close_matches(str(location[-1]), names, n=1, cutoff=0.5)
    if close:
        return f"; возможно, «{close[0]}»"
    return f"; известные ключи: {', '.join(names)}" if names else ""


def _known_names(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    current: Any = model
    for part in location:
        if isinstance(part, int):
            continue
        field = next((f for name, f in current.model_fields.items() if part in (name, f.alias)), None)
        current = _inner_model(field.annotation) if field else None
        if current is None:
            return []
    return [field.alias or name for name, field in current.model_fields.items()]


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None
