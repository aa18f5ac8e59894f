"""Lets `python -m generator` stand in for the `rollbook` command."""

from generator.cli import entry

if __name__ == "__main__":
    entry()
