"""A whole invented city: its schools, what they did for three years, and the forms they sent, mistakes included."""

from analysis.demo.generate import DemoSummary, demo_version, generate_demo, is_current
from analysis.demo.levels import KNOWN_MEASURES, KnownMeasure
from analysis.demo.mistakes import MISTAKES, Mistake
from analysis.demo.model import DemoError, true_values

__all__ = [
    "KNOWN_MEASURES", "MISTAKES", "DemoError", "DemoSummary", "KnownMeasure", "Mistake", "demo_version",
    "generate_demo", "is_current", "true_values",
]  # fmt: skip
