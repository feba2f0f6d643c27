# Martlet: the commands a person needs. `make help` lists them.
#
# MARTLET_SCRATCH=DIR   builds there instead of .build (survives a new clone; an empty one is as good)
# MARTLET_SKIP_DEPS=1   installs nothing: the system libraries are there, or this is no Debian or Ubuntu
# RUN="…"               what `make run` passes to martlet

SHELL := /bin/bash
SWIFT ?= swift
RUN ?= serve --with-simulator
SECONDS_EACH ?= 600
ROUNDS ?= 50

scratch := $(if $(MARTLET_SCRATCH),--scratch-path $(MARTLET_SCRATCH))
build_folder := $(or $(MARTLET_SCRATCH),.build)
sources := Package.swift Sources Tests
# With Swift's own libraries in the programs they start and run quicker, and need no Swift where they are installed.
linking := --static-swift-stdlib
# On a terminal the crash reporter waits for a key; a build or test run must never wait.
export SWIFT_BACKTRACE ?= enable=no

.DEFAULT_GOAL := help
.PHONY: deps build run test format lint interop crash trace soak fuzz bench micro coverage docs help clean example

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## installs the system libraries that are missing (Debian 12+, Ubuntu 24.04+) and says which
	@scripts/deps

build: deps ## release build of the executable, and of the helper of sendmail
	$(SWIFT) build $(scratch) -c release $(linking) --product martlet
	$(SWIFT) build $(scratch) -c release $(linking) --product martlet-drop

run: build ## builds a release and starts the relay with the simulator on loopback
	@exec $(build_folder)/release/martlet $(RUN)

test: ## installs what is missing, builds, runs every test; ends with "N passed, N failed"
	@scripts/deps --test
	@scripts/test

format: ## rewrites the Swift files in house style
	$(SWIFT) format --in-place --recursive --parallel $(sources) Fuzzing Examples

lint: ## style, links in documents, RFC table
	@scripts/lint

interop: build ## other people's clients and servers, on loopback
	@scripts/deps --interop
	@MARTLET=$(build_folder)/release/martlet scripts/interop

crash: build ## SIGKILL under load, ROUNDS times: nothing acknowledged may be lost
	@scripts/deps --bench
	@MARTLET=$(build_folder)/release/martlet scripts/crash-test --rounds $(ROUNDS)

trace: build ## joins every 250 under load to the fsync before it; without fsync the same check must fail
	@scripts/deps --test
	@MARTLET=$(build_folder)/release/martlet scripts/fsync-trace
	@MARTLET=$(build_folder)/release/martlet scripts/fsync-trace --without-fsync

soak: build ## one hour at half the top rate; memory must not grow
	@scripts/deps --bench
	@MARTLET=$(build_folder)/release/martlet scripts/soak

fuzz: deps ## each fuzz target for SECONDS_EACH (600) seconds under AddressSanitizer
	@scripts/fuzz all $(SECONDS_EACH)

bench: build ## Martlet beside Postfix and Sisimai, each in one run; prints ratios (root, a quiet machine)
	@scripts/deps --bench
	@MARTLET=$(abspath $(build_folder))/release/martlet Benchmarks/run
	@MARTLET=$(abspath $(build_folder))/release/martlet Benchmarks/analysis

micro: deps ## what the pure modules cost: time and allocations of an operation, and whether that is what we promise
	@SWIFT=$(SWIFT) Benchmarks/micro

coverage: ## line coverage of layers 0 and 1
	@scripts/deps --test
	@scripts/coverage

docs: build ## the reference of status codes and DocC archives of the libraries, in docs/build
	@MARTLET=$(build_folder)/release/martlet scripts/docs

example: ## builds and runs Examples/explain-a-bounce, which uses the libraries from outside
	@scripts/example

clean: ## removes what was built here
	rm -rf .build docs/build Benchmarks/.build Fuzzing/.build Examples/explain-a-bounce/.build
