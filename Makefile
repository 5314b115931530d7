# One entry point for people and for CI. `make` alone prints what there is.
#
# Settings: MARCH=x86-64-v3|x86-64|native|none   the processor to build for (x86-64-v3 on x86-64, none elsewhere)
#           PREFIX=/usr/local DESTDIR=           where `make install` puts things
#           RECIPE=NAME                          one recipe for `make verify` instead of all
#           REFRESH=1                            `make instructions` writes its baseline anew
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.ONESHELL:

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
RECIPE ?=
REFRESH ?=
ifeq ($(shell uname -m),x86_64)
MARCH ?= x86-64-v3
endif
MARCH ?= none

# The header is the one place that holds the version.
header_number = $(shell sed -n 's/^\#define $(1) \([0-9][0-9]*\)$$/\1/p' Include/snn.h)
ABI := $(call header_number,SNN_ABI_VERSION)
VERSION := $(call header_number,SNN_VERSION_MAJOR).$(call header_number,SNN_VERSION_MINOR).$(call header_number,SNN_VERSION_PATCH)
SONAME := libsnn.so.$(ABI)
# The ABI number first, so that the newest file is also the highest for ldconfig, whatever the version does.
REALNAME := $(SONAME).$(VERSION)

# -march reaches Swift code too. lld comes with the toolchain, so no other linker has to be there.
COMMON_FLAGS := -c release -Xswiftc -use-ld=lld $(if $(filter-out none,$(MARCH)),-Xcc -march=$(MARCH))
BUILD_FLAGS := $(COMMON_FLAGS) -Xswiftc -static-stdlib
# Optimised because tests train; -enable-testing because they look inside. Its own folder, because other flags in
# .build would rebuild everything at every change between the two.
TEST_FLAGS := $(COMMON_FLAGS) -Xswiftc -enable-testing
TEST_SCRATCH := .build-test
# Only for the shared library: exports, name, and no unloading, which a Swift runtime does not survive.
LIBRARY_LINK := -Xlinker --version-script=$(CURDIR)/bindings/c/libsnn.map -Xlinker -soname=$(SONAME) \
	-Xlinker -z -Xlinker nodelete

export SWIFT MARCH VERSION ABI SONAME REALNAME COMMON_FLAGS TEST_FLAGS TEST_SCRATCH

.PHONY: help deps build demo test sanitize fuzz verify bench instructions install uninstall clean format lint abi-baseline

help: ## print this
	@echo 'snn $(VERSION): train and run spiking neural networks. Targets:'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)$$/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | awk -F'|' '{printf "%-20s %s\n", $$1, $$2}'
	@echo 'Settings: MARCH=$(MARCH) PREFIX=$(PREFIX) (give others on the command line, as in `make build MARCH=native`)'

deps: ## install what building and testing need (Debian, Ubuntu); asks for root only if something is missing
	@.ci/deps test

build: ## build/snn and build/libsnn.so, optimised for MARCH
	@mkdir -p build
# Two invocations share every object: the linker flags of the second only relink. The order matters, too: SwiftPM plans
# anew (and so notices another MARCH) where the product differs from that of the invocation before.
	$(SWIFT) build $(BUILD_FLAGS) --product snn-cli
	$(SWIFT) build $(BUILD_FLAGS) --product snn $(LIBRARY_LINK)
	release=$$($(SWIFT) build $(BUILD_FLAGS) --show-bin-path)
	place() { strip -o "build/.$$2" "$$1"; mv -f "build/.$$2" "build/$$2"; }
	place "$$release/snn-cli" snn
	place "$$release/libsnn.so" libsnn.so
	ln -sf libsnn.so build/$(SONAME)
	ls -l build/snn build/libsnn.so | awk '{printf "%s  %.1f MB\n", $$9, $$5 / 1e6}'

demo: ## install what is missing, build, learn handwritten digits in under a minute, draw a picture
	@.ci/deps build
	$(MAKE) --no-print-directory build
	build/snn demo

test: ## every test (20 to 25 minutes on 2 cores)
	@.ci/test

sanitize: ## the Swift tests under address and thread sanitizer, the C tests under address sanitizer (long)
	@.ci/sanitize

fuzz: build ## hand mutated documents and files to the library (FUZZ_SECONDS=60: a target; TARGETS="networks data": those)
	Tests/Fuzz/run.sh $(TARGETS)

verify: build ## train the shipped recipes (RECIPE=NAME: one) and compare each with the bar it carries (hours for all)
	build/snn verify $(RECIPE)

bench: build ## compare with other libraries (long)
	Tests/Benchmarks/run.sh

instructions: build ## count the instructions of small benchmarks against their baseline (REFRESH=1: accept as the new one)
	Tests/Benchmarks/instructions/check.sh $(if $(REFRESH),--refresh)

install: ## put program, library, header, pkg-config and CMake files under PREFIX
	@if [[ ! -e build/libsnn.so || ! -e build/snn ]]; then $(MAKE) --no-print-directory build; fi
	to='$(DESTDIR)$(PREFIX)'
	fill() { sed -e 's/@VERSION@/$(VERSION)/g' -e 's/@ABI@/$(ABI)/g' -e 's/@SONAME@/$(SONAME)/g' "$$1" > "$$2"; chmod 644 "$$2"; }
	install -d "$$to"/{bin,include,lib/pkgconfig,lib/cmake/snn,share/doc/snn}
	install -m 755 build/snn "$$to/bin/snn"
	install -m 755 build/libsnn.so "$$to/lib/$(REALNAME)"
	ln -sf $(REALNAME) "$$to/lib/$(SONAME)"
	ln -sf $(SONAME) "$$to/lib/libsnn.so"
	install -m 644 Include/snn.h Include/snn_plugin.h "$$to/include/"
	fill bindings/c/snn.pc.in "$$to/lib/pkgconfig/snn.pc"
	fill bindings/c/snnConfig.cmake.in "$$to/lib/cmake/snn/snnConfig.cmake"
	fill bindings/c/snnConfigVersion.cmake.in "$$to/lib/cmake/snn/snnConfigVersion.cmake"
	install -m 644 LICENSE docs/third-party.md docs/abi.md bindings/c/{learn,batches,spike_times,convert,neuron}.c \
		bindings/plugins/{leaky,izhikevich,adaptive}.c bindings/plugins/{snn_plugin,leaky}.f90 "$$to/share/doc/snn/"
	echo "snn $(VERSION) is in $$to. Where programs do not find libsnn.so: ldconfig, or LD_LIBRARY_PATH=$$to/lib"

uninstall: ## remove what `make install` with the same PREFIX put there
	@to='$(DESTDIR)$(PREFIX)'
	rm -f "$$to/bin/snn" "$$to"/include/{snn,snn_plugin}.h "$$to"/lib/{libsnn.so,$(SONAME),$(REALNAME)} "$$to/lib/pkgconfig/snn.pc"
	rm -rf "$$to/lib/cmake/snn" "$$to/share/doc/snn"

format: ## format the Swift sources in place
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests plugins

lint: ## check the format of the Swift sources
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests plugins

abi-baseline: ## accept additions to the C interface as the new baseline (docs/abi.md)
	Tests/CTests/abi/check.sh --refresh

clean: ## remove everything that was built
	rm -rf .build .build-test .build-asan .build-tsan build
