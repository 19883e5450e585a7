"""Options that several commands have in common: written once, so that they mean the same everywhere."""

from __future__ import annotations

from typing import Annotated

import typer

Data = Annotated[str, typer.Option("--data", help="Папка данных: имя в data/ или путь.")]
Params = Annotated[str, typer.Option("--params", help="Папка параметров вместо params/.")]
Out = Annotated[str, typer.Option("--out", help="Куда писать вместо reports/.")]
Debug = Annotated[bool, typer.Option("--debug", help="При ошибке показать трассировку.")]
