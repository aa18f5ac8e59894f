"""Rehearsals: the scripts as they are rendered now, run for real in a sandbox made on the spot.

`plan` says whether and how a procedure or a checklist can be rehearsed, `rehearse` does it, `table`
lists what can stand in for the world outside. `expecting`, `looking` and `reported` judge checklists.
"""
