# The short names. `make help` lists them; everything they do can be done by hand with cargo.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Further arguments, e.g. make run ARGS="--listen 127.0.0.1:7500"
ARGS ?=

# rustup's folder is not on the path of every shell that make is started from.
export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: help run test bench fuzz fuzz-smoke dist
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

run: ## Build everything and start master, agent and demo on this machine (ARGS="…")
	@scripts/setup run
	$(CARGO) build --release --locked -p topmast-console -p payment-switch
	@exec $(TARGET)/release/topmast dev $(ARGS)

test: ## Run every check and every test
	@scripts/setup test
	$(CARGO) xtask ci

bench: ## Measure what we answer for and print it beside the targets (ARGS="…")
	@scripts/setup test
	$(CARGO) build --release --locked -p topmast-console -p payment-switch
	$(CARGO) build --profile agent --locked -p topmast-agent
	@install $(TARGET)/agent/topmast-agent $(TARGET)/release/topmast-agent
	$(CARGO) run --release --locked -p topmast-testkit --bin topmast-bench -- $(ARGS)

fuzz: ## Fuzz each parser for a minute
	@scripts/setup run
	fuzz/run 60

fuzz-smoke: ## Fuzz each parser for five seconds
	@scripts/setup run
	fuzz/run 5

dist: ## Build the release files into dist/
	@scripts/setup run
	$(CARGO) xtask dist
