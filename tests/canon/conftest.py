"""Fixtures of records, for every test below this folder."""

from tests.records.recordworld import handbook, rollbook

__all__ = ["handbook", "rollbook"]
