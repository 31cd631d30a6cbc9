# make run     build the release binary and start the worker: a demo without WARP_API_KEY, the real service with
#              WARP_API_KEY and WORKER_ID; ARGS="..." passes arguments
# make test    everything that is tested; PARTS="tidy model ..." runs only these
# make build   the release binary alone
# make bench   figures as multiples of a bare C worker
# make explore every interleaving of the small scenarios; ARGS="..." passes arguments
# make simulate long lives by chance; ARGS="--seed 7 --tasks 100000" passes arguments
# make survive kill -9 the worker 200 times at moments by chance, and see that nothing is lost; KILLS=1000 SEED=7
# make mutants small mistakes all over the model, and which of them its tests notice: an hour or two, written to
#              spec/mutants.md; ARGS="--only Outbox" passes arguments
# make fuzz    look for inputs that break what reads them; SECONDS=600 for each of TARGETS="json wire"
# make golden  run the golden scenarios and the explorer, and rewrite what spec/ says of them: read the difference
# make format  lay the Swift sources out
# make clean   remove what was built

SHELL := /bin/bash
BINARY := .build/release/oz-agent-worker

.DEFAULT_GOAL := build
.PHONY: run test build bench explore simulate survive mutants fuzz golden format clean build-needs test-needs

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

survive: build test-needs
	OZ_SURVIVAL_KILLS=$(or $(KILLS),200) $(if $(SEED),OZ_SURVIVAL_SEED=$(SEED)) \
		.build/venv/bin/python -m pytest Tests/IntegrationTests/test_survival_random.py -q -s $(ARGS)

explore: build
	$(BINARY) explore $(ARGS)

fuzz: build-needs
	@for target in $(or $(TARGETS),all); do scripts/fuzz $$target $(or $(SECONDS),60) || exit 1; done

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
