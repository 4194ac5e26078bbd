# till: see `make help`.

GO            ?= go
BIN           := $(CURDIR)/.bin
GOLANGCI      := v2.15.0
LINTER        := $(BIN)/golangci-lint-$(GOLANGCI)
# Packages whose tests compare with golden files.
GOLDEN        := ./views ./ui/table ./ui/theme
FUZZTIME      ?= 20s
# What the tests need beyond Go: a browser, a real Secret Service to keep secrets
# in, and npm for MoneyKit's web launcher.
DEBIAN        := chromium dbus gnome-keyring npm openssh-client

.PHONY: help run build test lint bench golden fuzz tools clean

help: ## list what make can do
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## build till and open it on the embedded Sandbox
	@$(BIN)/till --sandbox

build: ## build till into .bin
	@$(GO) build -o $(BIN)/till .

test: tools ## set up what the tests need and run all of them
	$(GO) test -race -shuffle=on -timeout 20m ./...
	$(GO) test -run Kill ./moneykit/mirror

lint: $(LINTER) ## check style, mistakes and the arrows between packages
	$(LINTER) run ./...

bench: ## measure start, key-to-frame, sync and mirror beside their floors, and large Sandboxes
	@$(GO) test -run '^$$' -bench . -benchtime 1x ./views/bench
	@$(GO) test -run '^$$' -bench . -benchtime 1x ./views/bench/ssh
	@$(GO) test -run '^$$' -bench Sync -benchtime 1x ./moneykit
	@$(GO) test -run '^$$' -bench Mirror -benchtime 1x ./moneykit/mirror
	@$(GO) test -run '^$$' -bench Scale -benchtime 1x ./moneykit/sandbox

golden: ## write the golden files anew; look at the difference before you commit
	$(GO) test $(GOLDEN) -run Golden -update

fuzz: ## run every fuzz target for FUZZTIME
	@set -e; for file in $$(grep -rl --include='*_test.go' '^func Fuzz' .); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\).*/\1/p' $$file); do \
			$(GO) test $$(dirname $$file) -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x; \
		done; \
	done

# Debian packages that are missing are installed when that is possible, and
# named when it is not; the tests that need them then say so.
tools:
	@missing=; for p in $(DEBIAN); do \
		command -v $$p >/dev/null || dpkg -s $$p >/dev/null 2>&1 || missing="$$missing $$p"; \
	done; \
	test -z "$$missing" && exit 0; \
	if command -v apt-get >/dev/null && test "$$(id -u)" = 0; then sudo=; \
	elif command -v apt-get >/dev/null && sudo -n true 2>/dev/null; then sudo=sudo; \
	else echo "Some tests need these Debian packages, which could not be installed:$$missing"; exit 0; fi; \
	echo "installing$$missing"; \
	$$sudo apt-get update -qq && \
	DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing >/dev/null || \
	echo "Some tests need these Debian packages, which could not be installed:$$missing"

$(LINTER):
	@mkdir -p $(BIN)
	GOBIN=$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	@mv $(BIN)/golangci-lint $@

clean: ## remove what was built
	rm -rf $(BIN)
