#!/bin/sh
# Every linter, each named when it fails; all are run, so that one sees everything at once.
set -u
failed=
check() {
  name=$1; shift
  if out=$("$@" 2>&1); then echo "   ok      $name"; else echo "   FAILED  $name"; echo "$out"; failed=1; fi
}
check "ruff" ruff check --quiet .
check "ruff format" ruff format --check --quiet .
check "mypy --strict" mypy
check "import-linter" lint-imports
check "djlint" djlint --quiet --lint fieldapp/templates
check "eslint" npx --no-install eslint fieldapp/static/js tests/js
check "tsc (pages)" npx --no-install tsc -p tsconfig.json
check "tsc (worker)" npx --no-install tsc -p tsconfig.worker.json
[ -z "$failed" ]
