#!/bin/sh
# The whole way that a row takes, with generated data and engines of its own in .demo/; what it makes is in out/.
cd "$(dirname "$0")/.." || exit 1
set -e
export STEPS_FILE="$PWD/.demo/steps"
engines() { dotnet tests/Engines/bin/Release/net10.0/engines.dll "$@"; }
collector() { dotnet tests/Collector/bin/Release/net10.0/collector.dll "$@"; }
etl() { dotnet etl/Etl/bin/Release/net10.0/etl.dll "$@"; }
reports() { Warehouse__User=$REPORTS_USER Warehouse__Password=$REPORTS_PASSWORD dotnet reports/Reports.Cli/bin/Release/net10.0/reports.dll "$@"; }
say() { printf '\n— %s\n' "$1"; }
now() { date +%s.%N; }
# Times a step that doesn't note its own rows.
step() { name=$1; shift; began=$(now); "$@"; awk -v n="$name" -v a="$began" -v b="$(now)" 'BEGIN { printf "%s\t\t%.3f\n", n, b - a }' >> "$STEPS_FILE"; }

if [ -d .demo ]; then engines down --dir .demo > /dev/null 2>&1 || true; rm -rf .demo; fi
mkdir -p .demo out
rm -rf out/mail
trap 'code=$?; engines down --dir .demo > /dev/null 2>&1; rm -rf .demo; printf "\n  The engines are stopped.\n"; exit $code' EXIT
trap 'exit 130' INT TERM

all=$(now)
say 'starting PostgreSQL (primary and replica) and ClickHouse'
step 'start engines' engines up --dir .demo
. ./.demo/env
say 'filling the primary with a generated collector'
collector schema > /dev/null
collector fill --scale "${SCALE:-1}" --seed "${SEED:-1}"
say 'migrating the warehouse'
step migrate etl migrate
say 'extracting from the replica'
etl extract
say 'running every report'
reports all --out out
say 'sending the digest'
step digest reports digest --all --out out/mail
say 'done'
awk -F '\t' '
  BEGIN { printf "  %-42s %12s %9s %12s\n", "step", "rows", "seconds", "rows/s" }
  {
    rows = $2 == "" ? "" : sprintf("%d", $2)
    rate = $2 == "" || $3 == 0 ? "" : sprintf("%d", $2 / $3)
    printf "  %-42s %12s %9.1f %12s\n", $1, rows, $3, rate
  }' "$STEPS_FILE"
awk -v a="$all" -v b="$(now)" 'BEGIN { printf "  %-42s %12s %9.1f\n", "all", "", b - a }'
printf '\n  Look at   %s\n  Mails in  %s\n' "$PWD/out/index.html" "$PWD/out/mail"
