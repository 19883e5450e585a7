"""nbformat, imported without what costs seconds and serves nothing here.

`from analysis.report.lean_imports import nbformat` instead of `import nbformat`.
"""

from __future__ import annotations

import sys
from typing import Any


def skip_iri_grammar() -> None:
    """Let nbformat be imported without compiling a grammar of international web addresses (about 1.8 s).

    jsonschema imports that grammar when it happens to be installed, as JupyterLab's dependencies see to, for
    a check that no notebook's schema uses, and goes without it otherwise. To be called before nbformat,
    nbconvert or papermill is imported for the first time.
    """
    modules: dict[str, Any] = sys.modules
    modules.setdefault("rfc3987_syntax", None)


skip_iri_grammar()

import nbformat  # noqa: E402

__all__ = ["nbformat", "skip_iri_grammar"]
