SHELL := /bin/bash
.DEFAULT_GOAL := help

.PHONY: help build test
help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

build: ## Release builds
	dotnet build GoQueue.Raft.sln -c Release --nologo

test: ## everything that must pass
	dotnet test GoQueue.Raft.sln --nologo
