"""Older versions of the form: ``params/form_versions.yaml`` maps their codes to today's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from analysis.yamlfile import SettingsError

FILE = "form_versions.yaml"


def load_older_forms(params: Path) -> Mapping[str, Mapping[str, str]]:
    """Version → old code → new code; empty when there is no file. Raises SettingsError."""
    path = params / FILE
    if not path.exists():
        return {}
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig")) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{FILE}: файл не читается ({error}).") from None
    if not isinstance(content, dict) or not all(isinstance(codes, dict) for codes in content.values()):
        raise SettingsError(f"{FILE}: ожидается версия формы и пары «старый код: новый код».")
    return {str(version): {str(old): str(new) for old, new in codes.items()} for version, codes in content.items()}
