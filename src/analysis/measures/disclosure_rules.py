"""Why something is not shown: the rules, and what reports print in the place of a hidden figure."""

from __future__ import annotations

from enum import StrEnum

from analysis.measures.disclosure_counts import FEW_SCHOOLS, Limits


class Rule(StrEnum):
    """Why a figure is hidden. The value is the code in the record of an edition."""

    SMALL_DENOMINATOR = "small_denominator"
    FEW = "few"
    FEW_REST = "few_rest"
    FEW_SCHOOLS = "few_schools"
    SECONDARY = "secondary"
    PLACES = "places"
    FREE_TEXT = "free_text"


RULE_OF_LABEL = {
    "small": Rule.SMALL_DENOMINATOR,
    "few": Rule.FEW,
    "few_rest": Rule.FEW_REST,
    "thin": Rule.FEW_SCHOOLS,
    "": Rule.SECONDARY,
}


def reason_text(rule: Rule, limits: Limits) -> str:
    """What stands in the place of a figure hidden by the rule (Russian)."""
    texts = {
        Rule.SMALL_DENOMINATOR: "малый знаменатель",
        Rule.FEW: f"менее {limits.min_count}",
        Rule.FEW_REST: f"остальных менее {limits.min_count}",
        Rule.FEW_SCHOOLS: f"менее {limits.few_schools or FEW_SCHOOLS} школ",
        Rule.SECONDARY: "скрыто, чтобы нельзя было вычислить соседнее значение",
        Rule.PLACES: "места не показываются",
        Rule.FREE_TEXT: "текст только в рабочей редакции",
    }
    return texts[rule]
