#!/bin/sh
# The real Vercel CLI, for the tests that hold the stand-in for Vercel's API against it. It is in
# no lock file, because `npm ci` fails on its packages for other platforms; the version is pinned here.
set -eu
cd "$(dirname "$0")/.."

version=60.1.3
place=.tools/vercel-$version
[ ! -e "$place" ] || exit 0

if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
  echo "Installing for the tests: Vercel CLI $version (about 25 s, once)"
  rm -rf .tools/vercel-*
  mkdir -p .tools
  # Under another name until it is whole.
  if npm install --loglevel=error --no-save --no-package-lock --no-audit --no-fund --omit=optional --ignore-scripts \
    --prefix "$place.new" "vercel@$version" >/dev/null; then
    mv "$place.new" "$place"
    exit 0
  fi
fi
echo "Not installed, so tests that need it are skipped: Vercel CLI $version"
