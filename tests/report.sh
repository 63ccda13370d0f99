#!/bin/sh
# The cases of one report, on DuckDB: what differs, without the program's own lines. Ends with 1 where a case fails.
cd "$(dirname "$0")/.." || exit 1
file="reports/definitions/$1.sql"
if [ -z "$1" ] || [ ! -f "$file" ]; then
  echo "error: there is no report '$1': REPORT=system/name, as in reports/definitions" >&2
  exit 1
fi
if [ ! -f "${file%.sql}.test.yaml" ]; then
  echo "error: $file has no cases beside it: ${file%.sql}.test.yaml" >&2
  exit 1
fi
export WAREHOUSE_ROOT="${WAREHOUSE_ROOT:-$PWD}"
TEST_REPORT="$1" UPDATE_REPORT_TESTS="$UPDATE" DOTNET_TieredPGO=0 dotnet tests/Reports.Tests/bin/Release/net10.0/Reports.Tests.dll -noLogo -noColor \
  -method Reports.Tests.DefinitionTests.Report_OnDuckDb_AnswersAsExpected | awk '
  # What is wrong with several cases alike is said once.
  function tell() {
    if (name == "") return
    if (!(text in names)) { order[++texts] = text; names[text] = name } else { names[text] = names[text] "\n✗ " name }
    name = ""
  }
  / Total: / {
    gsub(/,/, "")
    for (i = 1; i < NF; i++) {
      if ($i == "Total:") total = $(i + 1)
      if ($i == "Failed:" || $i == "Errors:") failed += $(i + 1)
    }
    next
  }
  /^ *(Discovering|Discovered|Starting|Finished):|^===/ { next }
  / \[FAIL\]$/ { tell(); quiet = 0; text = ""; sub(/^ */, ""); sub(/ \[FAIL\]$/, ""); name = $0; next }
  # What lies beneath says more than what was thrown last.
  /^ *---- / { quiet = 0; text = ""; sub(/^ *---- [A-Za-z.]+ : /, "      ") }
  /^ *(Stack Trace|----- Inner Stack Trace -----)/ { quiet = 1 }
  !quiet && NF { sub(/^      /, "  "); sub(/^  [A-Za-z.]+Exception : /, "  "); text = text $0 "\n" }
  END {
    tell()
    for (i = 1; i <= texts; i++) printf "✗ %s\n%s", names[order[i]], order[i]
    printf "%d of %d cases pass\n", total - failed, total
    exit failed > 0 || total == 0
  }'
