"""What the demo city achieves: the city's level of every share by school year, and how far schools differ.

All numbers are invented. They lie near the targets, some over and some under; most rise, one stands still (the choice
of examination subjects) and one falls (excursions), so that reports have something to say.
"""

from __future__ import annotations

from dataclasses import dataclass

# Share of the school year's June value reached by the form of September … June, July, August.
_EVEN = (0.07, 0.18, 0.30, 0.41, 0.48, 0.58, 0.71, 0.84, 0.95, 1, 1.008, 1.012)
_AUTUMN = (0.09, 0.30, 0.50, 0.62, 0.68, 0.76, 0.85, 0.93, 0.98, 1, 1.004, 1.006)
_SPRING = (0.05, 0.14, 0.22, 0.30, 0.35, 0.44, 0.58, 0.77, 0.94, 1, 1.008, 1.012)


@dataclass(frozen=True)
class Share:
    """A count of pupils (teachers) as a share of a contingent.

    ``levels``: the city's share at the end of the school years 2020, 2021, 2022. ``spread``: how far schools differ for
    good, ``wobble``: how far a school's year differs from its usual one, both as logits. ``ability``: how much of the
    spread is the school's general strength.
    """

    measure: str
    base: str
    levels: tuple[float, float, float]
    spread: float = 0.45
    wobble: float = 0.25
    ability: float = 0.6
    profile: tuple[float, ...] = ()
    outdoor: bool = False  # stops while a school is under repair or teaches at a distance


CUMULATIVE = (
    Share("tested", "N5_11", (0.480, 0.570, 0.640), profile=_AUTUMN),
    Share("covered", "N5_11", (0.705, 0.785, 0.815), profile=_EVEN, ability=0.9),
    Share("bvb", "N6_11", (0.092, 0.136, 0.190), profile=_AUTUMN, spread=0.55),
    Share("proekt", "N5_11", (0.560, 0.622, 0.660), profile=_EVEN, wobble=0.4),
    Share("probes", "N8_11", (0.190, 0.228, 0.280), profile=_SPRING, outdoor=True),
    Share("exc", "N5_11", (0.236, 0.200, 0.195), profile=_SPRING, wobble=0.3, outdoor=True),
    Share("par", "N5_11", (0.415, 0.512, 0.560), profile=_EVEN),
    Share("ovz_cov", "N_ovz", (0.620, 0.672, 0.730), profile=_EVEN, wobble=0.3),
    Share("tested9", "N9", (0.740, 0.842, 0.880), profile=_AUTUMN, ability=0.8),
)
# Asked once, in June: by the school year that ends.
IN_JUNE = (
    Share("uday", "N5_11", (0.610, 0.706, 0.760), wobble=0.4),
    Share("abil", "N_ovz14", (0.030, 0.046, 0.050), spread=0.3, wobble=0.2),
    Share("parad", "N8_11", (0.101, 0.123, 0.150), spread=0.5, wobble=0.4),
    Share("portf", "N5_11", (0.605, 0.662, 0.720)),
    Share("prof", "N10_11", (0.765, 0.812, 0.840), spread=0.7, wobble=0.2),
    Share("N11_prof", "N11", (0.800, 0.820, 0.830), spread=0.3),
    Share("gia_prof", "N11_prof", (0.622, 0.622, 0.640), wobble=0.3),
    Share("trained", "T", (0.095, 0.141, 0.190), wobble=0.2),
)
# Asked once, in December, about the summer and the leavers of the year: 2020, 2021, 2022.
IN_DECEMBER = (
    Share("summer", "N14_17", (0.141, 0.176, 0.192), spread=0.5, wobble=0.35),
    Share("shifts", "N5_11", (0.045, 0.057, 0.066), spread=0.5, wobble=0.4),
    Share("enr_prof", "grad11", (0.500, 0.532, 0.570), wobble=0.3),
)
NOT_CONTINUED = (0.022, 0.021, 0.018)  # of ninth-grade leavers, 2020, 2021, 2022
ONLINE_EXCURSIONS = (0.45, 0.25, 0.30)  # of excursions, school years 2020, 2021, 2022
WINNERS = 0.27  # of participants of skills contests

# Flows. Events per 100 pupils and publications per school in an ordinary month, by school year 2019 … 2022.
EVENTS_PER_100 = (0.55, 0.62, 0.78, 0.85)
PUBLICATIONS = (1.0, 1.1, 1.6, 1.8)
# How busy each calendar month is, January … December.
SEASON = (0.7, 0.9, 1.1, 1.5, 0.9, 0.5, 0.1, 0.12, 0.8, 1.4, 1.3, 1.1)
# Half-year flows per 100, halves 2020H2 … 2022H2: participants of contests per pupils 8–11, conferences per teachers.
CONTESTS_PER_100 = (0.40, 0.70, 0.62, 0.98, 0.75)
CONFERENCES_PER_100 = (2.2, 2.9, 3.2, 4.1, 3.6)
AGREEMENTS = (1.8, 2.1, 2.5, 2.9, 3.1)  # per school
PRACTICES = (0.16, 0.24)  # per school, years 2021 and 2022
PLAN_APPROVED = (0.35, 0.45, 0.90, 0.96, 0.98)  # share of schools
PERSON_NAMED = (0.50, 0.60, 0.94, 0.98, 1.00)
HALVES = ("2020H2", "2021H1", "2021H2", "2022H1", "2022H2")


@dataclass(frozen=True)
class KnownMeasure:
    """Something done to raise an indicator, with its true effect on the share (0.14: 14 points)."""

    code: str
    indicator: str
    measure: str
    effect: float
    n_schools: int
    from_year: int  # school year
    start: str
    end: str
    text: str
    document: str


KNOWN_MEASURES = (
    KnownMeasure(
        "М1", "П11", "probes", 0.14, 12, 2021, "2021-10-01", "2022-05-31",
        "Профессиональные пробы на базе колледжей по договорам о сетевой форме реализации программ",
        "приказ от 24.09.2021 № 71",
    ),
    KnownMeasure(
        "М2", "П27", "par", 0.0, 11, 2021, "2021-11-01", "2022-05-31",
        "Родительские собрания о выборе профессии в режиме видеоконференции",
        "приказ от 25.10.2021 № 84",
    ),
)  # fmt: skip
