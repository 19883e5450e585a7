"""«Ориентир»: analysis and reports of a school authority's monitoring."""

import os

# openpyxl picks its serialiser by whether lxml happens to be installed, and the two write other bytes. It looks once,
# when it is first imported; everything of ours that imports it comes through here first.
os.environ["OPENPYXL_LXML"] = "False"
