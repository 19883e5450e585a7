"""Reports: numbers and text in Russian, tables, blocks and charts, and their export to HTML and PDF."""
