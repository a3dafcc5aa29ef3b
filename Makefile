# Two commands do everything on a fresh machine: make demo, make test. The rest is for work on Ingot itself.
PRESET ?= release
BUILD := build/$(PRESET)
export CCACHE_DIR ?= $(HOME)/.cache/ingot/ccache
# Clones and worktrees share what one of them has compiled.
export CCACHE_BASEDIR ?= $(CURDIR)
export CCACHE_NOHASHDIR ?= 1

.PHONY: help setup build demo test unit judge faults-part faults stack-test coverage bench bench-hour up down sanitize fuzz lint format clean

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## install all pinned dependencies
	@tools/setup build

build: setup ## build the program and the unit tests
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) --parallel

demo: setup ## set up, build, and bring five million records and real measurements to gold
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) --parallel --target ingot
	@tools/demo $(BUILD)/ingot

bench: setup ## measure Ingot and its peers and write docs/performance.md (an hour and a half)
	@tools/setup judges stack bench
	@cmake --preset $(PRESET) -DINGOT_BENCH=ON >/dev/null
	@cmake --build --preset $(PRESET) --parallel
	@.deps/judges/bin/python bench/batch.py --peers duckdb,spark,spark-stages --publish
	@.deps/judges/bin/python bench/kafka.py --peers spark,connect --seconds 600 --publish
	@.deps/judges/bin/python bench/kernels.py --publish
	@.deps/judges/bin/python bench/tables.py --publish
	@.deps/judges/bin/python bench/history.py --publish
	@.deps/judges/bin/python bench/compact.py --publish
	@.deps/judges/bin/python bench/memory.py --publish
	@.deps/judges/bin/python bench/scaling.py --publish

bench-hour: setup ## follow a stream of 2 TB a day for an hour and account for every record
	@tools/setup judges stack
	@.deps/judges/bin/python bench/hour.py --publish

test: unit judge faults-part ## set up, build, and run all tests that need no server

unit: build ## run the unit tests
	@ctest --test-dir $(BUILD) --output-on-failure --parallel 2

JUDGE_TESTS := .deps/judges/bin/python -m pytest -q -p no:cacheprovider -n 2 --dist worksteal tests/judge
judge: build ## run the program and check its tables with PyIceberg and DuckDB
	@tools/setup judges
	@INGOT_PROGRAM=$(CURDIR)/$(BUILD)/ingot $(JUDGE_TESTS)

FAULTS_TESTS := .deps/judges/bin/python -m pytest -q -p no:cacheprovider -n 2 --dist worksteal tests/faults
faults-part: build ## inject faults at some I/O calls, which a seed chooses
	@tools/setup judges
	@INGOT_PROGRAM=$(CURDIR)/$(BUILD)/ingot $(FAULTS_TESTS)

faults: build ## inject a fault at every I/O call and fault point of every command that writes (an hour)
	@tools/setup judges
	@FAULTS=all INGOT_PROGRAM=$(CURDIR)/$(BUILD)/ingot $(FAULTS_TESTS)
	@FAULTS=all INGOT_PROGRAM=$(CURDIR)/$(BUILD)/ingot $(JUDGE_TESTS) -k kill

stack-test: build ## run the tests with real servers on 127.0.0.1: Kafka, PostgreSQL, MinIO, REST, Trino, Spark, Airflow, Prometheus
	@tools/setup judges lint stack
	@INGOT_PROGRAM=$(CURDIR)/$(BUILD)/ingot INGOT_CATALOG_TEST=$(CURDIR)/$(BUILD)/catalog_test \
		.deps/judges/bin/python -m pytest -q -p no:cacheprovider -n 3 --dist load --maxschedchunk 1 tests/stack

coverage: setup ## lines and branches of src/ that the tests reach; COVERAGE_STACK=1 runs the stack tests, too
	@tools/setup judges $(if $(COVERAGE_STACK),lint stack)
	@cmake --preset coverage >/dev/null
	@cmake --build --preset coverage --parallel
	@tools/coverage.py build/coverage $(if $(COVERAGE_STACK),--stack)

up: ## start Kafka, PostgreSQL and MinIO at their usual ports on 127.0.0.1, and print how to use them
	@tools/setup servers
	@python3 tests/stack/servers.py up

down: ## stop what make up started
	@python3 tests/stack/servers.py down

sanitize: setup ## run the unit tests under AddressSanitizer, UndefinedBehaviorSanitizer and ThreadSanitizer
	@for preset in asan tsan; do \
		cmake --preset $$preset >/dev/null && cmake --build --preset $$preset && \
		LD_LIBRARY_PATH=$$(echo $(CURDIR)/.deps/node-bindings-*) setarch -R ctest --test-dir build/$$preset --output-on-failure || exit 1; done

fuzz: setup ## run each parser on broken input under AddressSanitizer, FUZZ_SECONDS (60) each
	@cmake --preset asan -DINGOT_FUZZ=ON >/dev/null
	@cmake --build --preset asan --parallel 2 --target $(addprefix fuzz_,$(notdir $(wildcard fuzz/corpus/*)))
	@for target in fuzz/corpus/*; do name=$$(basename $$target); echo "$$name"; \
		build/asan/fuzz_$$name --seconds $${FUZZ_SECONDS:-60} $$target || exit 1; done

lint: build ## check format, include direction, lengths, workflows, clang-tidy
	@tools/setup lint
	@tools/lint $(BUILD)

format: ## format the sources in place
	@tools/setup lint
	@find src tests -name '*.cc' -o -name '*.h' | xargs .deps/clang-format-*/clang_format/data/bin/clang-format -i

clean: ## remove build/ and demo/
	@rm -rf build demo
