#!/bin/sh
# The real Prisma CLI of PartPulse's version, for the tests that run the commands of its Section 5.2,
# with a schema engine that needs no download (tests/prisma/engine.mjs).
set -eu
cd "$(dirname "$0")/.."

version=5.22.0
place=.tools/prisma-$version
[ ! -e "$place" ] || exit 0

if command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1; then
  echo "Installing for the tests: Prisma CLI $version (about 5 s, once)"
  rm -rf .tools/prisma-*
  mkdir -p .tools
  # Under another name until it is whole.
  if npm install --loglevel=error --no-save --no-package-lock --no-audit --no-fund --omit=optional --ignore-scripts \
    --prefix "$place.new" "prisma@$version" pg@8.16.3 @prisma/adapter-pg@6.19.3 \
    @prisma/schema-engine-wasm@7.1.1-3.c2990dca591cba766e3b7ef5d9e8a84796e47ab7 >/dev/null; then
    mv "$place.new" "$place"
    exit 0
  fi
fi
echo "Not installed, so tests that need it are skipped: Prisma CLI $version"
