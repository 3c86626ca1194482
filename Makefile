# Two commands matter most: `make build` and `make test`. `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

FUZZ_SECONDS ?= 60
SIM_SECONDS ?= 60
SLN := GoQueue.Raft.sln
export DOTNET_CLI_TELEMETRY_OPTOUT := 1
export DOTNET_NOLOGO := 1

# What the executables are built from; a change of any of these makes `make build` do work.
SOURCES := $(shell find src proto chaos -type f \( -name '*.cs' -o -name '*.csproj' -o -name '*.proto' -o -name '*.json' -o -name '*.yml' -o -name '*.yaml' -o -name '*.html' -o -name '*.js' -o -name '*.css' -o -name '*.txt' -o -name '*.resx' \) -not -path '*/obj/*' -not -path '*/bin/*') Directory.Build.props Directory.Packages.props global.json .editorconfig
APPS := src/GoQueue.Server/GoQueue.Server.csproj src/GoQueue.Cli/GoQueue.Cli.csproj chaos/GoQueue.Chaos/GoQueue.Chaos.csproj

ifdef SEED
SIM_ARGS := $(SEED)
else
SIM_ARGS := --fresh --seconds $(SIM_SECONDS)
endif

.PHONY: help build run dev dev-cluster test judges cluster-test chaos chaos-short chaos-soak chaos-attach chaos-bugs bench demo fuzz sim sim-soak fmt check-format hooks ci clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

build: bin/.built ## Release builds of bin/goqueue-server, bin/goqueue and bin/goqueue-chaos

# The executables share bin/: central package versions make every library they share the same file.
bin/.built: $(SOURCES)
	@mkdir -p bin
	@for app in $(APPS); do .ci/quiet "build $$(basename $$app .csproj)" dotnet publish $$app -c Release -o bin -p:PublishDocumentationFiles=false -p:PublishReferencesDocumentationFiles=false; done
	@touch $@

run: build ## start a broker on this machine and say what to try next (data in ./data)
	@exec bin/goqueue dev --data data

dev: build ## the same with the broker's logs, in detail
	@exec bin/goqueue dev --data data --logs --verbose

dev-cluster: build ## three brokers as one cluster on this machine
	@exec bin/goqueue dev --nodes 3 --data data

test: ## restore, build, every test, then the independent judges and some faults on real clusters
	@.ci/quiet "restore" dotnet restore $(SLN)
	@.ci/quiet "build (warnings are errors)" dotnet build $(SLN) -c Release --no-restore
	@.ci/quiet "tests" dotnet test $(SLN) -c Release --no-build --blame-hang-timeout 5m --blame-hang-dump-type none
	@dotnet tests/GoQueue.Simulation/bin/Release/net10.0/GoQueue.Simulation.dll --count 40 --fresh --seconds 10
	@$(MAKE) --no-print-directory build
	@tests/judges/run
	@dotnet chaos/GoQueue.ClusterTest/bin/Release/net10.0/GoQueue.ClusterTest.dll --bin bin --short true
	@.ci/quiet "goqueue verify on loopback" bin/goqueue verify --plain --faults kill-one --seconds 5 --rate 60 --seed 5 --out .chaos/test-$$$$

judges: build ## the independent judges only; `make judges JUDGES="rest metrics"` picks some
	@tests/judges/run $(JUDGES)

cluster-test: build ## faults on clusters of real processes, about 15 minutes; `make cluster-test CLUSTER="--only kill-all"` picks some
	@.ci/quiet "build cluster test" dotnet build chaos/GoQueue.ClusterTest/GoQueue.ClusterTest.csproj -c Release
	@dotnet chaos/GoQueue.ClusterTest/bin/Release/net10.0/GoQueue.ClusterTest.dll --bin bin $(CLUSTER)

chaos: build ## every fault alone and 20 random pairs, three minutes each, with a judged history (hours; as root); `make chaos CHAOS="--faults kill-all --seed 7"` picks
	@bin/goqueue verify --out .chaos/$$(date +%Y%m%d-%H%M%S) $(or $(CHAOS),--faults all --pairs 20 --seconds 180)

chaos-short: build ## some faults on a real cluster with a judged history, about five minutes
	@bin/goqueue verify --out .chaos/$$(date +%Y%m%d-%H%M%S) $(or $(CHAOS),--faults kill-all --pairs 1 --mixtures 1 --seconds 75)

chaos-soak: build ## mixtures of faults with fresh seeds until stopped
	@bin/goqueue verify --out .chaos/$$(date +%Y%m%d-%H%M%S) --soak --seconds 180 $(CHAOS)

chaos-attach: build ## goqueue verify on clusters that it did not start, broken by hooks; a few minutes
	@tests/attach/run

chaos-bugs: build ## brokers with a bug planted in them; each must be found
	@.ci/quiet "build faulty server" dotnet build tests/GoQueue.FaultyServer/GoQueue.FaultyServer.csproj -c Release
	@tests/faulty/run $(BUGS)

bench: build ## the figures of docs/benchmarks.md on this machine, with a raw flush probe; `make bench BENCH="saturated cluster"` picks some
	@tests/bench/run $(BENCH)

demo: build ## the Debian package index through the broker and back, with a kill in the middle
	@.ci/quiet "build demo" dotnet build tests/GoQueue.Demo/GoQueue.Demo.csproj -c Release
	@dotnet tests/GoQueue.Demo/bin/Release/net10.0/GoQueue.Demo.dll --bin bin $(DEMO)

fuzz: ## throw random and mutated bytes at every reader of a format (FUZZ_SECONDS=60 each)
	@dotnet run --project tests/GoQueue.Fuzz -c Release -- run all --seconds $(FUZZ_SECONDS)

sim: ## simulate clusters from fresh seeds (SIM_SECONDS=60), or replay one: `make sim SEED=raft-4711`
	@.ci/quiet "build simulation" dotnet build tests/GoQueue.Simulation/GoQueue.Simulation.csproj -c Release
	@dotnet tests/GoQueue.Simulation/bin/Release/net10.0/GoQueue.Simulation.dll $(SIM_ARGS)

sim-soak: ## simulate clusters from fresh seeds until stopped
	@$(MAKE) --no-print-directory sim SIM_SECONDS=31536000

fmt: ## format the code
	@dotnet format $(SLN)

check-format: ## fail when the code is not formatted
	@.ci/quiet "format" dotnet format whitespace . --folder --verify-no-changes --include src/ tests/ chaos/

hooks: ## check format and architecture before every commit in this clone
	@install -m 755 .ci/pre-commit "$$(git rev-parse --git-path hooks)/pre-commit" && echo "pre-commit hook installed"

ci: check-format test ## exactly what CI runs

clean: ## remove build output and scratch data (never ./data)
	@rm -rf bin .judges .bench .demo .chaos TestResults BenchmarkDotNet.Artifacts
	@find src tests chaos -type d \( -name bin -o -name obj -o -name node_modules -o -name TestResults \) -prune -exec rm -rf {} +
