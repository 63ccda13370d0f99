# `make help` lists what people run. Each target builds what it needs first; build output goes to stderr, so that stdout is the result alone.
SHELL := /bin/sh
.SILENT:
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# What people give reaches the recipes by the environment, letter by letter: quotes, dollars, blanks and line ends are theirs.
GIVEN := COLUMN SITE EXTRACT FROM TO REPORT FORMAT PARAMS DIGEST SENT AGAIN INSTITUTION PROJECT SYSTEM PORT FACT DAYS REMOVE ROLE APPLY FULL INTO RESTORED KILLS ROUNDS SEED SCALE ROWS RUNS ONLY UPDATE FORCE DRY_RUN HEAL PDF
$(foreach name,$(GIVEN),$(if $(filter undefined,$(origin $(name))),,$(eval override $(name) := $$(value $(name)))$(eval export $(name))))
# $(call flag,FORCE,--force): the option where FORCE is given, and isn't 0 or no.
flag = $(if $(filter-out 0 no false,$($1)),$2)

# The local engines' addresses, or those that the demo left; unless the environment names a warehouse itself.
ENV := if [ -z "$$Warehouse__Url" ]; then if [ -f .run/env ]; then . ./.run/env; elif [ -f .demo/env ]; then . ./.demo/env; fi; fi;
# The reports' key may only read.
READER := $(ENV) Warehouse__User=$${REPORTS_USER:-$$Warehouse__User} Warehouse__Password=$${REPORTS_PASSWORD-$$Warehouse__Password};  export Warehouse__User Warehouse__Password;
ETL := exec dotnet etl/Etl/bin/Release/net10.0/etl.dll
REPORTS := exec dotnet reports/Reports.Cli/bin/Release/net10.0/reports.dll
ENGINES := dotnet tests/Engines/bin/Release/net10.0/engines.dll
COLLECTOR := dotnet tests/Collector/bin/Release/net10.0/collector.dll

SOURCES := $(shell find etl warehouse-sql reports tests -name '*.cs' -not -path '*/obj/*' -o -name '*.csproj' -o -path 'tests/Collector/schema/*.sql') Directory.Build.props Directory.Packages.props global.json $(wildcard reports/web/*.js reports/web/*.css)

.PHONY: help setup build demo test test-offline test-report watch chaos bench up down migrate extract accept backfill verify status doctor retention forget rebalance backup backups backup-check restore grants report explain lineage reports catalog digest deliveries dump serve schedule new-report check format publish schema clean

help: ## This list
	awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

setup: tests/Engines/node_modules/.package-lock.json reports/web/node_modules/.package-lock.json .build/restored ## Fetch all packages (other targets do it by themselves)

build: .build/built ## Compile everything

demo: .build/built setup ## The whole way with generated data: fill a collector, load, report, mail; then look around, until `make down` (SCALE=1 SEED=1)
	sh tests/demo.sh

test: .build/built setup ## All tests: offline ones, then those on real PostgreSQL and ClickHouse
	sh tests/run.sh WarehouseSql.Tests Etl.Tests Reports.Tests EndToEnd.Tests

test-offline: .build/built setup ## The tests that need no server; UPDATE=1 rewrites what the report tests expect
	UPDATE_REPORT_TESTS="$$UPDATE" sh tests/run.sh WarehouseSql.Tests Etl.Tests Reports.Tests

test-report: .build/built ## One report's cases, on DuckDB, in a second or two: REPORT=fuel/my-question [UPDATE=1]
	sh tests/report.sh "$$REPORT"

watch: .build/built ## Run a report's cases, and write its page, each time that one of its files is saved, until stopped: REPORT=fuel/my-question
	$(READER) exec sh tests/watch.sh "$$REPORT"

chaos: .build/built setup ## Kill etl, ClickHouse and the replica at random moments of loads, then let the source misbehave; all reports on two nodes, all figures of three seeds: KILLS=600 ROUNDS=200 [SEED=]
	CHAOS_KILLS="$${KILLS:-600}" CHAOS_ROUNDS="$${ROUNDS:-200}" CHAOS_SEED="$$SEED" ALL_CASES=1 exec dotnet tests/EndToEnd.Tests/bin/Release/net10.0/EndToEnd.Tests.dll -noLogo -noColor -showLiveOutput $(foreach class,ChaosTests ChaosSourceTests NodesTests ForemanTests FuelFiguresTests OpenstackTests PulpTests ReportFiguresTests TaskFiguresTests,-class EndToEnd.Tests.$(class))

bench: publish setup ## Measure loads and reports; writes tests/Benchmarks/results/<processor>.md (about 30 min) [ROWS=2000000] [RUNS=5] [ONLY='load reports']; ONLY=scale: growth to a hundred times ROWS, with plots
	set -f; exec dotnet tests/Benchmarks/bin/Release/net10.0/bench.dll $${ROWS:+--rows "$$ROWS"} $${RUNS:+--runs "$$RUNS"} $${ONLY:+--only $$ONLY} $(if $(filter-out scale,$(ONLY))$(if $(filter scale,$(ONLY)),,$(ROWS)$(RUNS)),,--out tests/Benchmarks/results)

up: .build/built setup ## Start a local PostgreSQL primary, its replica, and ClickHouse; .run/env says where they are
	$(ENGINES) up && . ./.run/env && $(COLLECTOR) schema >&2

down: .build/built ## Stop them, the demo's too; data of `make up` stays in .run/ until `make clean`
	$(ENGINES) down
	if [ -d .demo ]; then $(ENGINES) down --dir .demo > /dev/null 2>&1; rm -rf .demo; echo "The demo's engines are stopped, and its data is gone" >&2; fi

migrate: .build/built ## Create or bring up to date the warehouse's tables, functions and views [DRY_RUN=1] [HEAL=1: then read rows again that lack new columns]
	$(ENV) $(ETL) migrate $(call flag,DRY_RUN,--dry-run) $(call flag,HEAL,--heal)

extract: .build/built ## Load what is new [EXTRACT=fuel/action_logs] [FORCE=1]
	$(ENV) $(ETL) extract $${EXTRACT:+"$$EXTRACT"} $(call flag,FORCE,--force)

accept: .build/built ## Take a source that was restored, promoted or made anew: read all of it again [EXTRACT=] [DRY_RUN=1]
	$(ENV) $(ETL) accept $${EXTRACT:+"$$EXTRACT"} $(call flag,DRY_RUN,--dry-run)

backfill: .build/built ## Load a time anew: EXTRACT= FROM=2026-01-01 TO=2026-02-01 (TO exclusive) [DRY_RUN=1] [FORCE=1]
	$(ENV) $(ETL) backfill $${EXTRACT:+"$$EXTRACT"} --from "$$FROM" --to "$$TO" $(call flag,FORCE,--force) $(call flag,DRY_RUN,--dry-run)

verify: .build/built ## Compare the warehouse with the source [EXTRACT=] [FROM= TO=] [HEAL=1] [FORCE=1]
	$(ENV) $(ETL) verify $${EXTRACT:+"$$EXTRACT"} $${FROM:+--from "$$FROM"} $${TO:+--to "$$TO"} $(call flag,HEAL,--heal) $(call flag,FORCE,--force)

status: .build/built ## Show each extract's last load, and the quarantine
	$(ENV) $(ETL) status

doctor: .build/built ## Look at the whole installation: servers, rights, clocks, disks, mail; each line says what to do
	($(ENV) $(ETL) doctor); code=$$?; ($(READER) $(REPORTS) doctor) && exit $$code

retention: .build/built ## How long rows are kept, why, and what goes next; set it: FACT=openstack_raw_item_ts DAYS=400 (0: as its header says); REMOVE=1 removes what is due
	$(ENV) $(ETL) retention $${FACT:+"$$FACT"} $${DAYS:+--days "$$DAYS"} $(call flag,REMOVE,--remove)

forget: .build/built ## Erase a site that asked for it, everywhere and for good: SITE=<as reports name it> [SYSTEM=] [DRY_RUN=1]; without SITE: what was erased by now
	$(ENV) $(ETL) forget $${SYSTEM:+--system "$$SYSTEM"} $(call flag,DRY_RUN,--dry-run) $(call flag,FORCE,--force) $${SITE:+-- "$$SITE"}

rebalance: .build/built ## Move rows to nodes that were put behind the others in Warehouse__Url; killed, run it again [DRY_RUN=1]
	$(ENV) $(ETL) rebalance $(call flag,DRY_RUN,--dry-run)

backup: .build/built ## Back up the warehouse, ledgers too, to where Warehouse__Backups says: what came since the last full one [TO=name] [FULL=1]
	$(ENV) $(ETL) backup $${TO:+"$$TO"} $(call flag,FULL,--full)

backups: .build/built ## List them, and restores
	$(ENV) $(ETL) backups

backup-check: .build/built ## Restore a backup for the moment, and compare all of it with what was backed up [FROM=name; else the last]
	$(ENV) $(ETL) backup-check $${FROM:+"$$FROM"}

restore: .build/built ## Bring a backup back into an empty database: FROM=name [INTO=database]
	$(ENV) $(ETL) restore "$$FROM" $${INTO:+--into "$$INTO"}

grants: .build/built ## The SQL that gives the account of loads (ROLE=warehouse_etl), and that of watches, what they read at the sources and no more; APPLY=1 runs it. Needs Primaries__<source>
	($(ENV) $(ETL) grants $${ROLE:+--role "$$ROLE"} $(call flag,APPLY,--apply)); code=$$?; ($(READER) $(REPORTS) grants $(call flag,APPLY,--apply)) && exit $$code

report: .build/built ## One report on stdout: REPORT=fuel/os-distribution [FORMAT=csv|html|pdf|xlsx|json|parquet|arrow] [PARAMS='from=2026-01-01 release=9.0']
	$(READER) $(REPORTS) run "$$REPORT" --format "$${FORMAT:-csv}" $${PARAMS:+--params "$$PARAMS"}

explain: .build/built ## What a report costs: seconds, rows, bytes, parts of which tables, and what would make it faster: REPORT=fuel/os-distribution [PARAMS=]
	$(READER) $(REPORTS) explain "$$REPORT" $${PARAMS:+--params "$$PARAMS"}

lineage: .build/built ## What a column is made of, from the source on, and what is made of it: COLUMN=fuel_action.duration_s, fuel/deployment-time.avg_s; of a fact: who reads it
	$(READER) $(REPORTS) lineage "$$COLUMN"

reports: .build/built ## Every report as page, CSV, JSON and Excel, and an index, into out/
	$(READER) $(REPORTS) all --out out

catalog: .build/built ## Every system, extract, fact, view and report on one page, from the headers: out/catalog.html
	$(REPORTS) catalog --out out

digest: .build/built ## Send the last digest that was due to whom hasn't got it: [DIGEST=fuel-weekly] [DRY_RUN=1] [AGAIN=1] [PDF=1]; into out/mail without SMTP server
	$(READER) $(REPORTS) digest "$${DIGEST:---all}" --out out/mail $(call flag,DRY_RUN,--dry-run) $(call flag,AGAIN,--again) $(call flag,PDF,--pdf)

deliveries: .build/built ## Which mails went to whom, and which not; settle an unclear one by SENT=<id> or AGAIN=<id>; after a restore RESTORED=1
	$(READER) $(REPORTS) deliveries $${SENT:+--sent "$$SENT"} $${AGAIN:+--again "$$AGAIN"} $(call flag,RESTORED,--restored)

dump: .build/built ## A system's tables as CSV files with a manifest, into out/dump/<system>: FROM= TO= [INSTITUTION=|PROJECT=] [SYSTEM=openstack]
	$(READER) $(REPORTS) dump "$${SYSTEM:-openstack}" $${FROM:+--param "from=$$FROM"} $${TO:+--param "to=$$TO"} $${INSTITUTION:+--param "institution=$$INSTITUTION"} $${PROJECT:+--param "project=$$PROJECT"}

serve: .build/built ## The reports as a web site and an API, until stopped [PORT=8080]
	$(READER) $(REPORTS) serve $${PORT:+--port "$$PORT"}

schedule: .build/built ## Run extracts, reports and digests on their schedules until stopped
	$(ENV) trap 'kill $$etl $$reports 2> /dev/null' INT TERM; \
	dotnet etl/Etl/bin/Release/net10.0/etl.dll schedule & etl=$$!; \
	$(READER) dotnet reports/Reports.Cli/bin/Release/net10.0/reports.dll schedule & reports=$$!; \
	wait $$etl; code=$$?; kill $$reports 2> /dev/null; wait $$reports; exit $$code

new-report: .build/built ## Write a report and its test to start from: REPORT=fuel/my-question
	$(REPORTS) new "$$REPORT"

check: .build/built ## Validate the files of all facts, views, extracts, reports, digests and dumps
	dotnet etl/Etl/bin/Release/net10.0/etl.dll check && $(REPORTS) check

format: ## Format all C#: one style, lines of 140 columns
	dotnet tool restore > /dev/null && dotnet csharpier format etl warehouse-sql reports tests

publish: .build/built ## For services: etl and reports compiled ahead of time, with all files that they read, version and SBOMs: .build/warehouse-<version>.tar.gz
	for program in etl/Etl reports/Reports.Cli; do dotnet publish $$program -c Release -r linux-x64 --no-self-contained -p:PublishReadyToRun=true -v q --nologo -o .build/publish/$${program%/*} >&2 || exit 1; done
	dotnet tool restore --verbosity quiet >&2
	version=$$(git describe --tags --always --dirty 2>/dev/null || echo unversioned); to=.build/warehouse-$$version; rm -rf .build/warehouse-*; mkdir -p $$to/bin; \
	echo "$$version" > $$to/VERSION && \
	cp -R .build/publish/etl .build/publish/reports $$to/bin && find $$to/bin -name '*.pdb' -delete && \
	for program in etl/Etl/Etl reports/Reports.Cli/Reports.Cli; do dotnet dotnet-CycloneDX $$program.csproj --recursive --disable-package-restore --output-format Json --set-name $${program%%/*} --set-version "$$version" --output $$to/bin/$${program%%/*} --filename sbom.json >.build/sbom.log 2>&1 || { cat .build/sbom.log >&2; exit 1; }; done && \
	cp -R --parents README.md docs etl/extracts $(addprefix warehouse-sql/,facts functions migrations views schema.yaml) $(addprefix reports/,definitions digests dumps templates watches) $$to && \
	tar --sort=name --owner=0 --group=0 -C .build -czf $$to.tar.gz $${to##*/} && \
	echo "$$to.tar.gz"

schema: .build/built ## Write warehouse-sql/schema.yaml anew, after a migration
	$(ENV) $(ETL) schema

clean: ## Stop the engines and remove everything that was made
	if [ -f tests/Engines/bin/Release/net10.0/engines.dll ]; then for dir in .run .demo; do if [ -d $$dir ]; then $(ENGINES) down --dir $$dir; fi; done; fi
	rm -rf .run .demo .build out tests/Engines/node_modules reports/web/node_modules
	find etl warehouse-sql reports tests -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +

.build/restored: $(wildcard */*/*.csproj) Directory.Build.props Directory.Packages.props global.json
	command -v dotnet > /dev/null || { echo 'error: dotnet is missing: install the .NET 10 SDK' >&2; exit 1; }
	echo 'restoring packages' >&2
	dotnet restore Warehouse.sln -v q --nologo >&2
	mkdir -p .build && touch $@

.build/built: .build/restored reports/web/node_modules/.package-lock.json $(SOURCES)
	echo 'building' >&2
	dotnet build Warehouse.sln -c Release --no-restore -v q --nologo -clp:NoSummary >&2
	touch $@

# The engines, and what interactive charts are drawn with.
%/node_modules/.package-lock.json: %/package-lock.json
	command -v npm > /dev/null || { echo 'error: npm is missing: install Node.js with npm' >&2; exit 1; }
	echo 'fetching the packages of $*' >&2
	cd $* && npm ci --no-audit --no-fund --loglevel=error >&2
	touch $@
