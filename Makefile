# The short names. `make help` lists them; everything they do can be done by hand with cargo.

CARGO ?= cargo
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Further arguments, e.g. make run ARGS="--listen 127.0.0.1:7500"
ARGS ?=

# rustup's folder is not on the path of every shell that make is started from.
export PATH := $(HOME)/.cargo/bin:$(PATH)

# What the web console is made of; its tests are not in it.
UI_SOURCES := ui/index.html ui/package.json ui/tsconfig.json ui/vite.config.ts \
	$(shell find ui/src ui/public -type f ! -name '*.test.ts')

.PHONY: help setup ui run demo-cluster test bench fuzz fuzz-smoke dist cross
.DEFAULT_GOAL := help

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup:
	@scripts/setup run

ui: ui/dist/index.html ## Build the web console, which the master carries inside

# Twice: an old npm leaves out packages that its own Node is too old for, so the Node that the
# first call fetches, the console's own, runs the second.
ui/node_modules/.package-lock.json: ui/package-lock.json | setup
	npm --prefix ui ci --omit=dev --loglevel=error
	PATH="$(CURDIR)/ui/node_modules/.bin:$$PATH" npm --prefix ui ci --loglevel=error
	@touch $@

ui/dist/index.html: ui/node_modules/.package-lock.json $(UI_SOURCES) | setup
	npm --prefix ui run build
	@touch $@

run: ui ## Build everything and start master, agent and demo on this machine (ARGS="…")
	$(CARGO) build --release --locked -p topmast-console -p payment-switch
	@exec $(TARGET)/release/topmast dev $(ARGS)

demo-cluster: ui ## Start three NATS servers, three masters and two agents on this machine, to see a failover
	@scripts/setup cluster
	$(CARGO) build --release --locked -p topmast-console -p payment-switch -p topmast-agent -p topmast-testkit --bins
	@exec $(TARGET)/release/topmast-demo-cluster

test: ## Run every check and every test
	@scripts/setup test
	$(CARGO) xtask ci

bench: ui ## Measure what we answer for and print it beside the targets (ARGS="…")
	@scripts/setup test
	$(CARGO) build --release --locked -p topmast-console -p payment-switch
	$(CARGO) build --profile agent --locked -p topmast-agent
	@install $(TARGET)/agent/topmast-agent $(TARGET)/release/topmast-agent
	$(CARGO) run --release --locked -p topmast-testkit --bin topmast-bench -- $(ARGS)

fuzz: setup ## Fuzz each parser for a minute
	fuzz/run 60

fuzz-smoke: setup ## Fuzz each parser for five seconds
	fuzz/run 5

dist: ui ## Build the release files into dist/
	$(CARGO) xtask dist

cross: ui ## Build or check the agent for other systems, and run it under wine and qemu
	$(CARGO) xtask cross
