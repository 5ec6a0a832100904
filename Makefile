# The two commands of a newcomer are `make demo` and `make test`; both work as root or with sudo on a fresh Debian 12.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help build demo test soak bench lint tidy clean

# Options for deploy/demo, e.g. make demo DEMO="--http-port 0 --no-sim"
DEMO ?=
# Suites for tests/run, e.g. make test TESTS="broker_test"
TESTS ?=

help: ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

build: ## Debian packages, front end, C++ (build/release)
	@deploy/build

demo: build ## build, then run everything on this machine until Ctrl-C (options: DEMO="…")
	@exec deploy/demo $(DEMO)

test: build ## build, then all tests: C++, web, real broker, real database, real browser
	@exec tests/run $(TESTS)

soak: build ## the long tests (tests/soak)
	@exec tests/run --folder soak $(TESTS)

bench: build ## measurements (tests/bench)
	@exec tests/run --folder bench $(TESTS)

lint: ## checks of the source tree (tests/lint), seconds
	@exec tests/run --folder lint $(TESTS)

tidy: ## clang-tidy over all C++ (slow)
	@cmake --preset tidy >/dev/null && cmake --build --preset tidy

clean: ## removes what the build made; the demo's data in run/ stays
	@rm -rf build server/dashboard/dist
