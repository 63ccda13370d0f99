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
# What ends well leaves the engines for looking around; what doesn't leaves nothing.
trap 'code=$?; if [ $code != 0 ]; then engines down --dir .demo > /dev/null 2>&1; rm -rf .demo; printf "\n  The engines are stopped.\n"; fi; exit $code' EXIT
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
# Commands mean the engines of `make up` where these run.
use=
if [ -f .run/env ]; then use='. ./.demo/env; '; fi
printf '\n  The engines go on. Try:\n'
while read -r command; do printf '    %s%s\n' "$use" "$command"; done << 'END'
make serve          # pages and dashboards: http://127.0.0.1:8080/dashboards/fuel-weekly
make report REPORT=fuel/deployment-time PARAMS='from=2026-09-01 to=2026-10-01 compare=previous'
make explain REPORT=fuel/health-checks
make verify EXTRACT=fuel/action_logs FROM=2026-09-01 TO=2026-10-01
make down           # stops them
END
