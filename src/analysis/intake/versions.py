"""Several files for one school and month: which is in force. Both are kept; a tie is asked about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from analysis.intake.submission import Submission, days_late, in_order

_TELLING = 6  # so many non-zero numbers cannot agree by chance between two schools

Key = tuple[str, str]
Content = frozenset[tuple[str, str, float]]


def content(submission: Submission) -> Content:
    """The values of a form, whatever cells they stood in."""
    entries = submission.reading.entries
    return frozenset((e.sheet, e.code, e.value) for e in entries if e.value is not None)


def answers(submission: Submission) -> object:
    """All that a form says, unreadable cells and activities included: equal for a form sent twice."""
    reading = submission.reading
    cells = {(e.sheet, e.code, e.found if e.value is None else e.value) for e in reading.entries}
    rows = {(a.code, a.status, a.n_events, a.evidence) for a in reading.activities}
    return cells, rows, submission.zero_report


def by_key(submissions: Iterable[Submission]) -> dict[Key, list[Submission]]:
    """Submissions whose school and month are known, in order of arrival."""
    groups: dict[Key, list[Submission]] = {}
    for submission in in_order(submissions):
        if all(submission.key):
            groups.setdefault(submission.key, []).append(submission)
    return groups


def number_versions(
    groups: Mapping[Key, list[Submission]], registered: Mapping[tuple[str, str], int], last_versions: Mapping[Key, int]
) -> None:
    """Registered versions stand; new files get the next numbers in order of arrival.

    ``last_versions`` counts registered files too that are no longer in the inbox.
    """
    for key, group in groups.items():
        for submission in group:
            submission.version = registered.get((submission.arrival.sha256, submission.arrival.name), 0)
        last = max(last_versions.get(key, 0), *(submission.version for submission in group))
        for submission in group:
            if submission.version == 0:
                last += 1
                submission.version = last


def refuse_copies(submissions: Iterable[Submission]) -> None:
    """The same numbers from two schools for one month: neither is believed. A few zeros prove nothing."""
    owners: dict[tuple[str, Content], list[Submission]] = {}
    for submission in in_order(submissions):
        values = content(submission)
        if not submission.reading.fatal and sum(1 for _, _, value in values if value) >= _TELLING:
            owners.setdefault((submission.key[1], values), []).append(submission)
    for same in owners.values():
        schools = sorted({submission.key[0] for submission in same})
        for submission in same if len(schools) > 1 and all(schools) else ():
            others = ", ".join(code for code in schools if code != submission.key[0])
            submission.held = True
            if not any(remark.variant == "B24" for remark in submission.remarks):
                submission.say("B24", found=f"совпадает с формой школы {others}")


def refuse_last_years(groups: Mapping[Key, list[Submission]]) -> None:
    """A form whose heading shows another month and whose numbers are that month's is an old form sent again."""
    for (school_id, _), group in groups.items():
        for submission in group:
            shown = {submission.reading.passport.get(field, "") for field in ("period_key", "title_key")}
            others = sorted(shown - {submission.key[1], ""})
            old = [other for key in others for other in groups.get((school_id, key), [])]
            mine = _monthly(submission)
            if mine and any(_monthly(other) == mine for other in old if other is not submission):
                submission.held = True
                submission.say("B14.same", found=submission.reading.passport.get("period_text", ""))


def _monthly(submission: Submission) -> frozenset[tuple[str, float]]:
    values = content(submission)
    return frozenset((code, value) for sheet, code, value in values if sheet == "month" and value)


def choose(group: list[Submission], asked: Collection[int], accepted_before: int = 0) -> None:
    """Set ``in_force`` within one school and month; ``asked`` holds ids of submissions with open errors or queries.

    ``accepted_before`` is a version once accepted whose file is gone (0: none): what replaces it is a correction.
    A later form replaces an earlier one when it is marked «уточнённая» or when the earlier one was returned or asked
    about; otherwise the earlier stays until somebody confirms. The same form again, so marked, confirms what was asked.
    """
    current: Submission | None = None
    for submission in group:
        submission.in_force = submission.confirmed = False
        submission.repeats = ""
        _forget(submission)
        if not submission.readable:
            continue
        if current is None:
            current = submission
            if 0 < accepted_before < submission.version:
                _after_the_report(submission)
        elif answers(submission) == answers(current):
            submission.say("B23.same", found=f"версия {current.version}")
            submission.repeats = current.arrival.name
            current.confirmed |= submission.revised
        elif submission.named_other_period:
            submission.say("B13.held", found=f"принята версия {current.version}")
        elif submission.revised or id(current) in asked:
            submission.say("B23.revised", found=f"прежняя версия {current.version}")
            _after_the_report(submission)
            current = submission
        else:
            submission.say("B23", found=f"принята версия {current.version} от {current.arrival.received_at[:10]}")
    if current is not None:
        current.in_force = True


def _after_the_report(submission: Submission) -> None:
    """A correction that came after the cut-off makes reports that were already given out be computed again."""
    if submission.period and days_late(submission.arrival.received_at, submission.period):
        submission.say("B33", found=f"исправление получено {submission.arrival.received_at[:10]}")


def _forget(submission: Submission) -> None:
    """Drop what an earlier round of choosing said."""
    said = ("B23", "B23.same", "B23.revised", "B13.held", "B33")
    submission.remarks = [remark for remark in submission.remarks if remark.variant not in said]
