#!/bin/sh
# Runs a report's cases each time that one of its files, a view or a function was saved, and where all pass, writes its page into out/.
cd "$(dirname "$0")/.." || exit 1
page="out/$1.html"
trap 'exit 0' INT TERM
saved() { ls -l --time-style=full-iso "reports/definitions/$1".* "reports/definitions/${1%/*}"/*.yaml warehouse-sql/views warehouse-sql/functions 2> /dev/null | cksum; }
last=
while :; do
  now=$(saved "$1")
  if [ "$now" != "$last" ]; then
    last=$now
    printf '\n— %s %s\n' "$(date +%H:%M:%S)" "$1"
    if sh tests/report.sh "$1"; then
      mkdir -p "${page%/*}"
      if dotnet reports/Reports.Cli/bin/Release/net10.0/reports.dll run "$1" --format html > "$page.next" 2> "$page.errors"; then
        mv "$page.next" "$page" && echo "  $PWD/$page"
      else
        rm -f "$page.next"; echo "  no page: $(head -n 1 "$page.errors")"
      fi
      rm -f "$page.errors"
    elif [ ! -f "reports/definitions/$1.sql" ]; then
      exit 1
    fi
  fi
  sleep 0.3
done
