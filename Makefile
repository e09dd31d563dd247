SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
BINARY := .build/release/forgebatch
BUILD := swift build -c release --static-swift-stdlib --product forgebatch
# Without other packages there is nothing to resolve, and Package.resolved stays as it is.
QUICK := --scratch-path .build/quick --force-resolved-versions
FORMATTED := Sources Tests Package.swift

LIBRARIES := libavformat libavcodec libavutil libswscale libpng yaml-0.1 zlib
LIBRARY_PACKAGES := pkg-config libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libpng-dev \
  libyaml-dev zlib1g-dev
PEERS := scenedetect==0.7.2 opencv-python-headless==5.0.0.93 dvr-scan==1.8.2 motmetrics==1.4.0 siti-tools==0.6.0
# What tests read forgebatch's output with, by other people's code.
TEST_MODULES := jsonschema websockets==15.0.1 pandas==3.1.1 pycocotools==2.0.11 junitparser==5.0.3 \
  prometheus_client==0.26.0 duckdb==2.0.1
TEST_IMPORTS := jsonschema, websockets, pandas, pycocotools, junitparser, prometheus_client, duckdb
SUDO := $(shell [ "$$(id -u)" = 0 ] || echo sudo)
# sudo drops the environment, so the variable is set on its far side.
APT := $(SUDO) env DEBIAN_FRONTEND=noninteractive apt-get

.NOTPARALLEL:
.PHONY: help run quick test test-media test-ffmpeg test-debian13 test-cluster check format lint bench instructions bench-videos bench-peers install uninstall deb try-deb deps deps-test deps-cluster samples plugins clean build

help: ## print the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: deps build ## build, process samples/ and write its report
	@status=0; $(BINARY) run samples --force || status=$$?; \
	if [ $$status -ne 3 ]; then \
	  echo "make run: exit status $$status, expected 3 (samples/ holds clips broken on purpose)" >&2; exit 1; \
	fi
	@python3 Tests/scripts/samples_summary.py samples.forgebatch samples/manifest.json
	@echo "Report: samples.forgebatch/report/index.html"

# Neither another package nor a program is needed; the build folder is its own, so that neither build undoes the other.
quick: deps ## run the tests that only compute, in under two minutes once they were built
	FORGEBATCH_QUICK=1 swift build $(QUICK) --build-tests
	FORGEBATCH_QUICK=1 python3 Tests/scripts/run_tests.py --slowest 5 --costs .build/quick/costs.tsv $(TEST) $(QUICK)

test: deps-test ## build for debugging and run all tests; says what each cost and which were skipped
	swift build --build-tests
	python3 Tests/scripts/run_tests.py --costs .build/test-costs.tsv $(TEST)

# The tests whose outcome depends on FFmpeg's version: those that ask it directly, and those that run the program, too.
test-media: deps-test ## build for debugging and run the tests of decoding and of the measures
	swift build --build-tests
	python3 Tests/scripts/run_tests.py --filter '^(MediaTests|StillsTests|OracleTests)\.'

test-ffmpeg: deps-test ## the same and the tests of the whole program
	swift build --build-tests
	python3 Tests/scripts/run_tests.py --filter '^(MediaTests|StillsTests|OracleTests|CommandTests)\.'

# What is made there: `make test-debian13 IN=test-ffmpeg`.
IN := test run
test-debian13: ## all of that on Debian 13 with FFmpeg 7.1, in a folder (needs root)
	Tests/scripts/in-debian13.sh make $(IN)

# Each check ends with 77 where a program is missing, and says which.
test-cluster: deps-cluster deps-test ## kill runs in shards; do them by GNU Parallel over two sshd, and by a Slurm of its own (needs root)
	swift build --product forgebatch
	@for check in shard_kill parallel slurm; do \
	  echo "test-cluster: $$check"; status=0; \
	  .venv/bin/python Tests/scripts/$${check}_check.py .build/debug/forgebatch || status=$$?; \
	  if [ $$status -ne 0 ] && [ $$status -ne 77 ]; then exit $$status; fi; \
	done

check: lint test run ## lint, test and run

format: ## format the Swift sources in place
	swift format -i -r $(FORMATTED)

lint: ## check the format of the Swift sources
	swift format lint --strict -r $(FORMATTED)

bench: deps-test build ## measure speed and memory beside other programs (an hour; BENCH='--only hd')
	swift build -c release --static-swift-stdlib --product Stages
	python3 Benchmarks/bench.py $(BENCH)

# The figures belong to the compiler that is named in the file, and to debug builds, which `make test` makes.
instructions: deps-test ## count the instructions of the pixel loops anew and record them
	swift build --product KernelWork
	python3 Tests/scripts/instructions.py --record "$$(swift build --show-bin-path)/KernelWork" \
	  Tests/InstructionTests/instructions.tsv

bench-videos: deps-test ## make the benchmark's videos in .videos/ (a quarter of an hour, 600 MB)
	bash Benchmarks/make-videos.sh

bench-peers: deps-test ## install other programs to compare with, in .venv-bench
	@if ! .venv-bench/bin/python -c 'import scenedetect, cv2, dvr_scan, motmetrics, siti_tools' 2>/dev/null; then \
	  echo "bench-peers: making .venv-bench"; \
	  python3 -m venv --clear .venv-bench; \
	  .venv-bench/bin/python -m pip install --quiet --disable-pip-version-check $(PEERS); \
	fi
	@echo "bench-peers: ready"

install: deps build ## install binary, manual pages and completions below PREFIX (/usr/local)
	packaging/install.sh $(BINARY) "$(DESTDIR)" "$(PREFIX)"

uninstall: ## remove what install put there
	packaging/uninstall.sh "$(DESTDIR)" "$(PREFIX)"

# What dpkg-shlibdeps and strip come with.
DEB := .build/deb
deb: deps build ## make a Debian package for this system in .build/deb
	@command -v dpkg-shlibdeps >/dev/null || { $(APT) update -qq; $(APT) install -y -qq dpkg-dev >/dev/null; }
	@command -v strip >/dev/null || { $(APT) update -qq; $(APT) install -y -qq binutils >/dev/null; }
	@rm -f $(DEB)/*.deb
	packaging/make-deb.sh $(BINARY) $(DEB)

try-deb: deb ## install that package in a fresh root folder, run it there, remove it (needs root)
	packaging/try-deb.sh $(DEB)/*.deb

deps: ## install the libraries the build needs (apt)
	@need=""; \
	pkg-config --exists $(LIBRARIES) 2>/dev/null || need="$(LIBRARY_PACKAGES)"; \
	command -v python3 >/dev/null || need="$$need python3"; \
	if [ -z "$$need" ]; then \
	  echo "deps: everything is there"; \
	else \
	  echo "deps: installing $$need"; \
	  $(APT) update -qq; \
	  $(APT) install -y -qq $$need >/dev/null; \
	fi

deps-test: deps ## install what the tests need besides
	@need=""; \
	command -v ffmpeg >/dev/null || need="ffmpeg"; \
	command -v strace >/dev/null || need="$$need strace"; \
	command -v valgrind >/dev/null || need="$$need valgrind"; \
	command -v curl >/dev/null || need="$$need curl"; \
	command -v openssl >/dev/null || need="$$need openssl"; \
	command -v mandoc >/dev/null || need="$$need mandoc"; \
	command -v dpkg-shlibdeps >/dev/null || need="$$need dpkg-dev"; \
	command -v jq >/dev/null || need="$$need jq"; \
	PATH="$$PATH:/usr/sbin:/sbin" command -v mkfs.vfat >/dev/null || need="$$need dosfstools"; \
	command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null \
	  || need="$$need chromium"; \
	if [ -n "$$need" ]; then \
	  $(APT) update -qq || true; \
	  for package in $$need; do \
	    echo "deps-test: installing $$package"; \
	    $(APT) install -y -qq $$package >/dev/null || echo "deps-test: no $$package; going on without it" >&2; \
	  done; \
	fi
	@# Unpacked, not installed: a test needs the program, and nobody a web server that starts with the machine.
	@if ! PATH="$$PATH:/usr/sbin:/sbin:$(CURDIR)/.nginx/usr/sbin" command -v nginx >/dev/null; then \
	  echo "deps-test: unpacking nginx in .nginx"; \
	  rm -rf .nginx; mkdir .nginx; \
	  { (cd .nginx && apt-get download -qq nginx 2>/dev/null && dpkg-deb -x nginx_*.deb . && rm nginx_*.deb) \
	    || { $(APT) update -qq; cd .nginx && apt-get download -qq nginx && dpkg-deb -x nginx_*.deb . && rm nginx_*.deb; }; } \
	    || echo "deps-test: no nginx; going on without it" >&2; \
	fi
	@if ! .venv/bin/python -c 'import $(TEST_IMPORTS)' 2>/dev/null; then \
	  echo "deps-test: making .venv with $(TEST_MODULES)"; \
	  if ! python3 -m venv .venv >/dev/null 2>&1; then \
	    $(APT) update -qq; \
	    $(APT) install -y -qq python3-venv >/dev/null; \
	    python3 -m venv --clear .venv; \
	  fi; \
	  .venv/bin/python -m pip install --quiet --disable-pip-version-check $(TEST_MODULES); \
	fi
	@echo "deps-test: ready"

# No daemon of them is started: the checks start their own, and end them.
deps-cluster: deps ## install what the checks of runs in shards need
	@for need in parallel:parallel sshd:openssh-server ssh:openssh-client munged:munge slurmctld:slurmctld slurmd:slurmd \
	  sbatch:slurm-client; do \
	  PATH="$$PATH:/usr/sbin:/sbin" command -v $${need%%:*} >/dev/null && continue; \
	  echo "deps-cluster: installing $${need#*:}"; \
	  $(APT) update -qq || true; \
	  $(SUDO) env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $${need#*:} >/dev/null \
	    || echo "deps-cluster: no $${need#*:}; going on without it" >&2; \
	done

samples: ## make the sample clips again (needs ffmpeg)
	bash samples/make-samples.sh

PLUGINS := .plugins
plugins: deps ## install the sample plugins with their networks in .plugins
	@python3 -c 'import ensurepip' 2>/dev/null || { $(APT) update -qq; $(APT) install -y -qq python3-venv >/dev/null; }
	@samples/plugins/install.sh $(PLUGINS)

clean: ## remove what was built and the samples' output
	rm -rf .build samples.forgebatch

build:
	$(BUILD)
