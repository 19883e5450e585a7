"""Static pages for publication: the roadmap and the public editions made so far; relative links, no script.

The pages are built beside their place from scratch: the same reports give the same bytes, and nothing that was published
before and is withdrawn stays behind.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.building import check_writable, swap_in
from analysis.params.roadmap import Roadmap
from analysis.periods import Period, PeriodError
from analysis.report.document import DEMO_NOTE, DEMO_STAMP
from analysis.report.index import page_templates
from analysis.report.manifest import MANIFEST, read_manifest
from analysis.report.numbers import count_of, format_date, format_number, upper_first
from analysis.workspace import RequestError, Workspace

FOLDER = "site"
EDITION = "public"
FILES = ("report.html", "report.pdf")
#: The kinds of report in the order of the page: heading, name of a report.
KINDS = {
    "roadmap": "Итоги «дорожной карты»",
    "year": "Годовые отчёты",
    "half": "Полугодовые отчёты",
    "month": "Ежемесячные сводки",
}


@dataclass(frozen=True)
class Published:
    """The public edition of one period: its files by name."""

    period: Period
    files: Mapping[str, bytes]


@dataclass(frozen=True)
class SiteResult:
    """The folder of the site, the periods in it, and why others are not."""

    folder: Path
    periods: tuple[Period, ...]
    refused: Mapping[str, str]


def make_site(space: Workspace) -> SiteResult:
    """Write the site of a data folder. Raises RequestError when there is nothing at all to publish."""
    target = space.out / space.data_name / FOLDER
    check_writable(target)
    published, refused = find_editions(space)
    if space.settings.roadmap is None and not published:
        raise RequestError("Публиковать нечего: нет ни roadmap.yaml в папке параметров, ни готовых публичных отчётов.")
    building = target.with_name(f".{FOLDER}.building")
    shutil.rmtree(building, ignore_errors=True)
    try:
        _write(building, space, published)
        swap_in(building, target)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return SiteResult(target, tuple(one.period for one in published), refused)


def find_editions(space: Workspace) -> tuple[list[Published], dict[str, str]]:
    """The public editions that are as their reports made them, latest first, and period → why it is left out."""
    published, refused = [], {}
    for period in _periods(space):
        files, problem = _edition(space, period)
        if problem:
            refused[period.key] = f"{problem}. Выполните make report PERIOD={period.key} и повторите make site"
        else:
            published.append(Published(period, files))
    return published, refused


def _periods(space: Workspace) -> Iterator[Period]:
    """Periods that have a report, by kind, latest first."""
    found = []
    for folder in (space.out / space.data_name).glob("*/"):
        try:
            found.append(space.settings.parse_period(folder.name))
        except PeriodError:
            continue
    kinds = list(KINDS)
    found.sort(key=lambda period: period.end, reverse=True)
    yield from sorted(found, key=lambda period: kinds.index(period.kind))


def _edition(space: Workspace, period: Period) -> tuple[dict[str, bytes], str]:
    """The files of a period's public edition, and what is wrong with them."""
    report = space.report_folder(period)
    manifest = read_manifest(report)
    if not manifest:
        return {}, f"нет {MANIFEST} или он повреждён: отчёт собран не полностью или прежней версией программы"
    about = manifest.get("parameters", {})
    if (about.get("period"), about.get("data")) != (period.key, space.data_name):
        return {}, f"{MANIFEST} от другого отчёта ({about.get('data')}, {about.get('period')})"
    files = {}
    for name in FILES:
        path = report / EDITION / name
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != manifest["outputs"].get(f"{EDITION}/{name}"):
            return {}, f"файл {EDITION}/{name} изменён или удалён после того, как отчёт был собран"
        files[name] = content
    return files, ""


def _write(folder: Path, space: Workspace, published: list[Published]) -> None:
    roadmap = space.settings.roadmap
    common = {
        "institution": space.settings.project.institution,
        "demo": DEMO_STAMP if space.is_demo else "",
        "demo_note": DEMO_NOTE,
        "roadmap": roadmap,
        "largest_hidden": space.settings.project.privacy.min_count - 1,
    }
    pages = {"index.html": common | {"kinds": _by_kind(published)}}
    if roadmap is not None:
        pages["roadmap.html"] = common | _roadmap_content(roadmap)
    for one in published:
        (folder / one.period.key).mkdir(parents=True)
        for name, content in one.files.items():
            (folder / one.period.key / name).write_bytes(content)
    folder.mkdir(parents=True, exist_ok=True)
    for name, shown in pages.items():
        text = page_templates().get_template(f"site/{name}.j2").render(shown)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _by_kind(published: list[Published]) -> list[dict[str, Any]]:
    """Kinds of report that have editions, each with its periods."""
    return [
        {"heading": heading, "periods": [_period_content(one) for one in published if one.period.kind == kind]}
        for kind, heading in KINDS.items()
        if any(one.period.kind == kind for one in published)
    ]


def _period_content(one: Published) -> dict[str, Any]:
    title, key = one.period.title(), one.period.key
    links = [
        {"href": f"{key}/{name}", "format": name.rpartition(".")[2].upper(), "size": _size(content)}
        for name, content in one.files.items()
    ]
    window = "" if one.period.kind == "roadmap" else one.period.window_title()
    return {"title": upper_first(title), "window": window, "links": links}


def _size(content: bytes) -> str:
    return format_number(max(1, round(len(content) / 1024)), unit="КБ")


def _roadmap_content(roadmap: Roadmap) -> dict[str, Any]:
    order = roadmap.order
    approved = f"{order.kind} {order.issuer} от {format_date(order.date)} № {order.number} «{order.title}»"
    return {
        "approved": approved,
        "annex_date": order.annex_date_source,
        "count": count_of(len(roadmap.activities), "мероприятие", "мероприятия", "мероприятий"),
        "sections_count": count_of(len(roadmap.sections), "разделе", "разделах", "разделах"),
    }
