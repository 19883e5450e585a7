"""The sections of the reports: each module turns a period's tables into the blocks of one section."""
