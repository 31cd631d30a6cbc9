# make run     build the release binary and start the worker: a demo without WARP_API_KEY, the real service with
#              WARP_API_KEY and WORKER_ID; ARGS="..." passes arguments
# make test    everything that is tested; PARTS="tidy model ..." runs only these
# make build   the release binary alone
# make bench   figures as multiples of a bare C worker
# make explore every interleaving of the small scenarios; ARGS="..." passes arguments
# make simulate long lives by chance; ARGS="--seed 7 --tasks 100000" passes arguments
# make mutants small mistakes all over the model, and which of them its tests notice: an hour or two, written to
#              spec/mutants.md; ARGS="--only Outbox" passes arguments
# make golden  run the golden scenarios and the explorer, and rewrite what spec/ says of them: read the difference
# make format  lay the Swift sources out
# make clean   remove what was built

SHELL := /bin/bash
BINARY := .build/release/oz-agent-worker

.DEFAULT_GOAL := build
.PHONY: run test build bench explore simulate mutants golden format clean build-needs test-needs

build: build-needs
	scripts/build

run: build
	@if [ -z "$${WARP_API_KEY:-}" ]; then \
		exec $(BINARY) demo $(ARGS); \
	elif [ -z "$${WORKER_ID:-}" ]; then \
		echo "make run: WARP_API_KEY is set, so WORKER_ID must name this worker (without WARP_API_KEY: the demo)" >&2; \
		exit 2; \
	else \
		exec $(BINARY) --worker-id "$$WORKER_ID" $(ARGS); \
	fi

test: test-needs
	@scripts/test $(PARTS)

bench: build test-needs
	scripts/bench $(ARGS)

simulate: build
	$(BINARY) simulate $(ARGS)

mutants: test-needs
	@python3 Tests/mutants/mutants.py $(ARGS)

explore: build
	$(BINARY) explore $(ARGS)

golden: build
	REWRITE=1 swift test --filter 'ScenarioTests|PageTests'
	$(BINARY) explore --write-transitions spec/transitions.md

format:
	swift format -i --parallel --configuration .swift-format -r Sources Tests Package.swift

clean:
	rm -rf .build

build-needs:
	@scripts/install-needs build

test-needs:
	@scripts/install-needs test
