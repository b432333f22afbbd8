# Two commands: `make run` and `make test`. What they do is written in Rust, in xtask/; the shell only
# sees to it that cargo and a C compiler are there to build that.
#
#   make run    build Candor and start it with the demo shop (DATA=, ROOT_KEY=, LISTEN=, SHOP= change where)
#   make test   all that must pass
#   make check  the inner part of it, for editing
#   make bench  ask the engines that our answers are compared with again, and race them
#   make fresh  write the generated pages again

CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/candor
export CARGO_TARGET_DIR ?= $(CACHE)/target
export DATA ROOT_KEY LISTEN SHOP

.PHONY: run test check bench fresh setup tools
.DEFAULT_GOAL := run

run test check bench fresh setup: tools
	@cargo run --quiet --locked --package xtask -- $@ $(ARGS)

tools:
	@command -v cargo >/dev/null || { echo "cargo is missing: install Rust 1.95 with rustup, then run make again" >&2; exit 1; }
	@command -v cc >/dev/null || { apt-get update -qq && apt-get install -y -qq build-essential; } \
		|| { echo "a C compiler is missing: sudo apt-get install build-essential" >&2; exit 1; }
