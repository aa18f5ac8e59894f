#!/bin/sh
# Writes the versions that are known to work together: names and versions, no addresses.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
before=$work/none
: >"$before"
for part in run test bench; do
  case $part in
  run) wanted='.[site]' ;;
  *) wanted=".[site,$part]" ;;
  esac
  python3 -m venv "$work/$part"
  "$work/$part/bin/python" -m pip install --quiet "$wanted"
  {
    echo "# Written by 'make lock' from pyproject.toml."
    "$work/$part/bin/python" -m pip freeze --exclude rollbook | LC_ALL=C sort -f
  } >"requirements/$part.txt"
done
