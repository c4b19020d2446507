# make test is what a change must pass; make test PKGS=./db/... is a part of it.
# make help lists the rest.
SHELL := /bin/bash
export CGO_ENABLED ?= 0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help test check bench bench-chat long run

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/'

test: ## vet and every test: SQLite, PostgreSQL, a browser (installs them on Debian as root)
	@docker/ci/test.sh $(PKGS)

check: ## make test's stricter sister: format, vet, staticcheck, race detector, shuffled
	@docker/ci/check.sh $(STATICCHECK)

bench: ## all benchmarks
	@. docker/ci/postgres.sh; go test -p 1 -run '^$$' -bench . -benchmem ./...

bench-chat: ## the chat beside a bare WebSocket loop and centrifuge, and stored posts; make bench-chat ARGS='-what idle'
	@. docker/ci/postgres.sh; cd portal/e2e/chatbench && go run . $(ARGS)

long: ## every page of every company in a browser, each fuzz target for a minute, 50 kills at every step on both databases, and 10,000 chains to the cent
	cd portal/e2e/browser && ENTENTE_PAGES=all go test -timeout 60m -run '^TestPages$$' .
	ENTENTE_LONG=yes go test -timeout 60m -run '^TestThousandsOfLeads$$' ./portal/batch
	ENTENTE_CHAINS=10000 go test -timeout 60m -run '^TestChainsAgreeToTheCent$$' ./portal/paper
	@docker/ci/fuzz.sh 60s
	@docker/ci/kill.sh 50

run: ## the demo company on http://127.0.0.1:8080
	go run . serve --demo
