"""Rollbook: rollback procedures kept once as YAML, and everything made from them."""

__version__ = "0.1.0"
