# Rahgosha. `make` alone lists the targets; the work itself is in scripts/*.sh, so that it can be read and run by hand.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

GO      ?= go
LISTEN  ?= 127.0.0.1:8080
DATA    ?= data-demo
T       ?= 10s
PYTHON  ?= /usr/bin/python3
SCALE   ?= 1
PART    ?= 0.1
ON      ?= sqlite
STEPS   ?= 10000:10000,100000:50000
WORKLOAD ?= ../shared/bench
MAX_MB  ?= 60
VERSION  = $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS  = -s -w -X rahgosha/internal/app.Version=$(VERSION)

# Whatever is built here is built one way (the race detector asks for cgo by itself): in another one Go would compile all of it
# again, two minutes of a fresh machine each time.
export CGO_ENABLED = 0
export GOFLAGS ?= -trimpath

# Packages tested with the race detector; the rest run without it. Empty means all but those that are long and share
# nothing between goroutines (scripts/test.sh).
export RACE_PKGS ?=

STATIC  := internal/surface/web/static
DIST    := $(STATIC)/dist/app.css
MODULES := node_modules/.package-lock.json
# Folders stand among the sources because a deleted file shows only in its folder's time.
SOURCES := $(shell find cmd internal procedures \( -name testdata -o -path $(STATIC) \) -prune -o ! -name '*_test.go' -print 2>/dev/null)
BROWSER := $(shell find $(STATIC) -path $(STATIC)/dist -prune -o -type f -print 2>/dev/null)

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

setup-demo: ## Install what `make demo` needs and is missing
	@scripts/setup.sh demo

setup-test: ## Install what `make test` needs and is missing (C compiler, PostgreSQL, Chromium, PDF tools)
	@scripts/setup.sh test

setup-soak: ## Install what `make soak` needs besides (Patroni and etcd, not started; another project's witness)
	@scripts/setup.sh soak

assets: $(DIST) ## Bundle the stylesheet, scripts and fonts

build: bin/rahgosha ## Build bin/rahgosha and bin/rahgosha-verify: static, stripped, no cgo

demo: setup-demo bin/rahgosha ## Serve a sample province on http://127.0.0.1:8080 (LISTEN=…, DATA=…)
	bin/rahgosha demo --data $(DATA) --listen $(LISTEN)

test: setup-test bin/rahgosha ## Run every check and test, on SQLite, PostgreSQL and a browser
	@scripts/test.sh

check: $(DIST) ## The quick checks: format, vet, staticcheck, modules, architecture, locales
	@scripts/check.sh

fuzz: $(DIST) ## Run every fuzz target for T (T=10s)
	@scripts/fuzz.sh $(T)

bench: bin/rahgosha ## Measure requests beside a floor, and run the micro-benchmarks (SCALE=1)
	$(GO) run ./tools/bench -scale $(SCALE)
	$(GO) test -run '^$$' -bench . -benchmem ./...

bench-postgres: bin/rahgosha ## What each request costs on PostgreSQL, beside SQLite and without row-level security (PART=0.1 of the data)
	$(GO) run ./tools/bench postgres -workload $(WORKLOAD) -scale $(PART) -cases 0.02 -d 2500ms

bench-load: bin/rahgosha ## Latency under 500 clients that come whether or not there is time (T=10s, ON=sqlite|postgres)
	$(GO) run ./tools/bench load -workload $(WORKLOAD) -scale $(PART) -d $(T) -on $(ON)

bench-size: bin/rahgosha ## What requests cost as one province grows (STEPS=units:cases,…)
	$(GO) run ./tools/bench size -workload $(WORKLOAD) -steps $(STEPS) -rounds 3 -d 2s

bench-figures: bin/rahgosha ## The figures of docs/performance.md beyond the floor's, in some twenty minutes
	@WORKLOAD=$(WORKLOAD) scripts/bench-figures.sh

bench-trade: bin/rahgosha ## Time and memory of the trade commands beside plain numpy (FLOWS=11000000 rows)
	@$(PYTHON) scripts/bench-trade.py bin/rahgosha ../shared/data/trade/exports_hs4_2017.csv.gz

soak: setup-soak bin/rahgosha ## The long tests, on both databases and in the browser
	@scripts/soak.sh

supply: bin/rahgosha ## Weak lines, same bits from another path, bills of materials, known vulnerabilities (VULNDB=archive)
	@scripts/supply.sh

golden: $(DIST) ## Rewrite the golden files; read the diff before you commit it
	@scripts/golden.sh

shots: setup-test bin/rahgosha ## Take the pictures of the guides in a browser
	@scripts/shots.sh

clean: ## Remove what was built; data-demo and node_modules stay
	rm -rf bin tmp coverage
	find $(STATIC)/dist -mindepth 1 ! -name placeholder.txt -delete 2>/dev/null || true

$(MODULES): package-lock.json package.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(DIST): $(MODULES) $(BROWSER) $(wildcard tools/assets/*.go)
	$(GO) run ./tools/assets
	@touch $@

bin/rahgosha: $(SOURCES) $(DIST) go.mod go.sum
	$(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/ ./cmd/...
	@scripts/size.sh $@ $(MAX_MB)
	@touch $@

.PHONY: help setup-demo setup-test setup-soak assets build demo test check fuzz bench bench-trade bench-postgres bench-load bench-size bench-figures soak supply golden shots clean
