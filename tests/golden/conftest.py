"""The reports that the tests of rendered pages are made from serve here too."""

from tests.rendered.conftest import made

__all__ = ["made"]
