#!/bin/sh
# Runs test projects one after the other and adds up what they counted; the last line is "N passed, N failed, N skipped".
# A project that ends without its counts (it crashed) counts as a failure.
cd "$(dirname "$0")/.." || exit 1
mkdir -p .build
# Most code of the tests and of the programs that they start runs a few times: watching it, to compile it better later, costs more than it brings.
export DOTNET_TieredPGO=0
# Servers of tests make very many small files; where there is plenty of memory, in memory. Nothing stays there, also of runs that were killed.
plenty=12000000
available() { awk '/^MemAvailable/ { print $2 }' /proc/meminfo; df -k --output=avail /dev/shm | tail -n 1; }
if [ -z "$TMPDIR" ] && available 2> /dev/null | awk -v p=$plenty '$1 < p { exit 1 } END { exit NR < 2 }'; then
  for old in /dev/shm/warehouse-tests-*; do
    kill -0 "${old##*-}" 2> /dev/null || rm -rf "$old"
  done
  export TMPDIR="/dev/shm/warehouse-tests-$$"
  mkdir -m 1777 "$TMPDIR"
  trap 'rm -rf "$TMPDIR"' EXIT
fi
log=.build/test.log
: > "$log"
for project in "$@"; do
  echo "$project"
  : > .build/one.log
  dotnet "tests/$project/bin/Release/net10.0/$project.dll" -noLogo -noColor > .build/one.log 2>&1 &
  test_run=$!
  trap 'kill $test_run 2> /dev/null' INT TERM
  tail -n +1 -f --pid=$test_run .build/one.log | grep --line-buffered -v -E '^  (Discovering|Discovered|Starting|Finished):|^=== TEST EXECUTION SUMMARY'
  wait $test_run
  code=$?
  if ! grep -q 'Total: [0-9]*, Errors: ' .build/one.log; then
    echo "   $project  Total: 1, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0" | tee -a .build/one.log
    echo "$project ended with code $code before it had counted its tests"
  fi
  cat .build/one.log >> "$log"
done
awk '
  / Total: [0-9]+, Errors: / {
    gsub(/,/, "")
    for (i = 1; i < NF; i++) {
      if ($i == "Total:") total += $(i + 1)
      if ($i == "Errors:" || $i == "Failed:") failed += $(i + 1)
      if ($i == "Skipped:") skipped += $(i + 1)
      if ($i == "Run:") total -= $(i + 1)
    }
  }
  END {
    printf "%d passed, %d failed, %d skipped\n", total - failed - skipped, failed, skipped
    exit failed > 0 || total == 0
  }' "$log"
