"""Formats of reports, a module each: `check`, `validate` and `status` answer lines.

`generator.report` has the tables that say which command offers which.
"""
