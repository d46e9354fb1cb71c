#!/bin/sh
# All that a change must pass, in one command: `npm test`. With arguments it runs only the tests that these name
# (`npm test -- test/schema`). Every step runs even if one before it failed; reports/ tells scripts/count.ts the outcome.
set -u
cd "$(dirname -- "$0")/.."
rm -rf reports
mkdir -p reports
failed=0

# step NAME COMMAND...: its exit status becomes reports/NAME.step
step() {
  name=$1
  shift
  printf '\n== %s\n' "$name"
  status=0
  "$@" </dev/null || status=$?
  printf '%s\n' "$status" >"reports/$name.step"
  [ "$status" = 0 ] || { failed=1; printf '== %s FAILED (status %s)\n' "$name" "$status"; }
}
# A run that hangs must end as a failure, not as somebody's Ctrl-C; --foreground, so that Ctrl-C still reaches it
jest() {
  project=$1
  limit=$2
  shift 2
  timeout --foreground -k 30 "$limit" node_modules/.bin/node --experimental-vm-modules --disable-warning=ExperimentalWarning \
    node_modules/jest/bin/jest.js --selectProjects "$project" --json --outputFile "reports/$project.json" "$@" 2>&1
}

step setup sh scripts/setup.sh --no-build
[ -x node_modules/.bin/node ] || exit 1
PATH=$PWD/node_modules/.bin:$PATH
export PATH

if [ $# -gt 0 ]; then
  step bundle node --conditions=berth-source scripts/bundle.ts
  step wheel sh scripts/wheel.sh
  step unit jest unit 600 --passWithNoTests "$@"
  step live jest live 1500 --passWithNoTests -i "$@"
  step timed jest timed 1500 --passWithNoTests -i "$@"
  # each may have none, all may not: a mistyped path is no success
  node -e 'const { readFileSync } = require("fs");
    const total = ["unit", "live", "timed"].reduce((sum, project) =>
      sum + JSON.parse(readFileSync(`reports/${project}.json`, "utf8")).numTotalTests, 0);
    process.exitCode = total === 0 ? 1 : 0;' || { failed=1; printf '== no test is named by: %s\n' "$*"; }
  exit "$failed"
fi

step types tsc -b
step bundle node --conditions=berth-source scripts/bundle.ts
step wheel sh scripts/wheel.sh
step eslint eslint .
step prettier prettier --check --log-level warn .
step unit jest unit 1200 --maxWorkers 2
# real Slurm, registry and users: each worker has a pair of users of its own (test/cluster/users.ts)
step live jest live 4200 --maxWorkers 2
step timed jest timed 2400 -i
exit "$failed"
