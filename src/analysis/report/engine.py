"""papermill's engine `orientir`: notebooks run in processes forked from one with the libraries imported.

Entry point: `[project.entry-points."papermill.engine"] orientir = "analysis.report.engine:OrientirEngine"`.
papermill loads its entry points while it is itself being imported, so this module must not import papermill.
"""

from __future__ import annotations

from typing import Any

NAME = "orientir"


class OrientirEngine:
    """What papermill asks of an engine; the work is done by `engine_client.WarmEngine`."""

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Execute the notebook node and return it with its outputs."""
        from analysis.report.engine_client import WarmEngine

        return WarmEngine.execute_notebook(nb, kernel_name, **kwargs)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:
        """The kernel's name: the one given, else the notebook's own."""
        from papermill.utils import nb_kernel_name

        return nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:
        """The notebook's language: the one given, else the notebook's own."""
        from papermill.utils import nb_language

        return nb_language(nb, language)


def register() -> str:
    """Make the engine known to papermill also where the package is not installed; returns its name."""
    from papermill.engines import papermill_engines

    papermill_engines.register(NAME, OrientirEngine)
    return NAME
