# Two commands do everything on a fresh machine: make demo, make test. The rest is for work on Ingot itself.
PRESET ?= release
BUILD := build/$(PRESET)
export CCACHE_DIR ?= $(HOME)/.cache/ingot/ccache

.PHONY: help setup build demo test unit judge lint format bench clean

help: ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: ## bring every pinned dependency to this machine
	@tools/setup build

build: setup ## build the program and the unit tests
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) --parallel

demo: setup ## set up, build, and carry five million records and real measurements to gold
	@cmake --preset $(PRESET) >/dev/null
	@cmake --build --preset $(PRESET) --parallel --target ingot
	@tools/demo $(BUILD)/ingot

test: unit judge ## set up, build, and pass all tests that need no server

unit: build
	@ctest --test-dir $(BUILD) --output-on-failure --parallel 2

judge: build
	@tools/setup judges
	@INGOT_PROGRAM=$(CURDIR)/$(BUILD)/ingot .deps/judges/bin/python -m pytest -q -p no:cacheprovider tests/judge

lint: build ## format, include direction, lengths, clang-tidy
	@tools/setup lint
	@tools/lint $(BUILD)

format: ## format the sources in place
	@tools/setup lint
	@find src tests -name '*.cc' -o -name '*.h' | xargs .deps/clang-format-*/clang_format/data/bin/clang-format -i

clean: ## remove what was built
	@rm -rf build demo
