# Set-up and the everyday commands; `make help` lists them.
# On a new machine, `make` alone installs everything into .venv and runs the default config.

# The Python that .venv is made with. Default: the newest of 3.13, 3.12 and 3.11 that is found.
PYTHON ?=
# cpu, or cuda for NVIDIA GPUs. Default: what .venv was made for before, else cpu.
ACCELERATOR ?= $(or $(shell cat .venv/accelerator 2>/dev/null),cpu)
# How many CPU cores the workflow may use.
CORES ?= all
# Config files to lay over config.yaml, by their paths; default: none.
CONFIG ?=
# For `make new`: files of sequences or folders of them (names with blanks in quotes of their own),
# the genome of intervals, and the config to write; default: my.yaml.
DATA ?=
GENOME ?=
OUT ?=
# For `make example`: one of the folders of examples/, or all of them.
EXAMPLE ?= all
# For `make crate`: the folder of the run, and more options, as in ARGS="--author 'A. Name' --data".
RUN ?= .
ARGS ?=
# More options of pytest, for `make check`, `make test` and `make test-thorough`.
PYTEST ?=

# The shell takes the names from the environment, where nothing in them is a command to it.
export CONFIG DATA GENOME OUT EXAMPLE RUN
CONFIG_FILES = $(if $(CONFIG),--configfile $$CONFIG)

INSTALL = sh requirements/install.sh "$(ACCELERATOR)"
export PYTHON
# Rules call `python`, which has to be the one of .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Cluster modules set these, and then packages of another Python are imported.
unexport PYTHONHOME PYTHONPATH

# One more than cores, since each waits at times; at most four: each takes 1 GB, mostly TensorFlow.
# Asked for in the recipe, which has the set-up's python; a machine may have none of that name.
PROCESSES = $$(python -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')
RUN_TESTS = python -m pytest --numprocesses $(PROCESSES) --dist worksteal

.PHONY: run new example doctor setup setup-dev check test test-thorough test-cluster lint format docs crate lock clean help

# A run that was killed leaves Snakemake's lock on its folder. One that lives holds a lock of the
# system's, too, on the file `alive`, which ends with its process (a large one may take seconds).
UNLOCK = if [ -e .snakemake/alive ] && ls .snakemake/locks/*.lock >/dev/null 2>&1 \
	&& flock --timeout 10 .snakemake/alive rm -rf .snakemake/locks; then \
	echo "An earlier run was killed; its lock has been removed, and what it had begun is done again."; fi

# Snakemake runs what it takes for code in a config; the doctor reads it as data and refuses that.
LOOK = $(if $(CONFIG),python scripts/doctor.py --only-config $(CONFIG_FILES))

run: setup ## set up if need be, run the default config, print the path of the report (the default)
	@$(UNLOCK)
	@$(LOOK)
	snakemake --cores $(CORES) --rerun-incomplete $(CONFIG_FILES)

new: setup ## look at the files of DATA= (GENOME= for BED) and write a config for them, OUT= or my.yaml
	@python scripts/new_config.py --words "$$DATA" $(if $(GENOME),--genome "$$GENOME") \
		$(if $(OUT),--out "$$OUT")

EXAMPLES = $(sort $(notdir $(patsubst %/my.yaml,%,$(wildcard examples/*/my.yaml))))
CHOSEN = $(if $(filter all,$(EXAMPLE)),$(EXAMPLES),"$$EXAMPLE")

example: setup ## run the examples (EXAMPLE=name: one of them), and compare with the expected numbers
	@set -e; for name in $(CHOSEN); do \
		if ! [ -f "examples/$$name/my.yaml" ]; then \
			echo "error: there is no example '$$name'; choose one of: all $(EXAMPLES)" >&2; exit 2; \
		fi; \
		(cd "examples/$$name"; $(UNLOCK)); \
		snakemake --cores $(CORES) --directory "examples/$$name" \
			--configfile "examples/$$name/my.yaml"; \
		python examples/check.py "$$name"; \
	done

doctor: setup ## check whether this machine, the packages, the config (CONFIG=) and the data are ready
	@python scripts/doctor.py $(CONFIG_FILES)

setup: ## install what the workflow needs into .venv; ACCELERATOR=cuda for NVIDIA GPUs
	@$(INSTALL)

setup-dev: ## the same, and the tools for tests and linting
	@$(INSTALL) dev

check: setup-dev ## check style and format and run the quick tests: two minutes, before each commit
	ruff check
	ruff format --check
	snakefmt --check Snakefile rules
	$(RUN_TESTS) -m "not slow and not long and not thorough" tests/unit $(PYTEST)

test: setup-dev ## run every test except the thorough ones and those of the cluster: eight minutes
	$(RUN_TESTS) $(PYTEST)

test-thorough: setup-dev ## kill runs, fill disks, make every rule fail, and more: ten minutes or more
	$(RUN_TESTS) -m "thorough and not long" $(PYTEST)

test-cluster: setup-dev ## run the workflow on a real Slurm; needs Debian's slurm-wlm and munge
	python -m pytest tests/cluster

lint: setup-dev ## check style and format of Python and Snakemake code, changing nothing
	ruff check
	ruff format --check
	snakefmt --check Snakefile rules
	snakemake --lint

format: setup-dev ## bring Python and Snakemake code into the format that lint checks
	ruff check --fix
	ruff format
	snakefmt Snakefile rules

docs: ## build the site of the documentation into site/ and check its links
	@sh requirements/side.sh docs
	@NO_MKDOCS_2_WARNING=1 .tools/docs/bin/mkdocs build --quiet --strict
	@.tools/docs/bin/python website/check_site.py site
	@echo "The site: $(CURDIR)/site/index.html; its search field needs a server, as in"
	@echo "python -m http.server --bind 127.0.0.1 --directory site"

crate: ## write what went into a run and what came out into crate.zip, an RO-Crate (RUN=, CONFIG=); check it
	@sh requirements/side.sh crate
	@.tools/crate/bin/python archive/make_crate.py --directory "$$RUN" $(CONFIG_FILES) $(ARGS)
	@.tools/crate/bin/python archive/check_crate.py crate.zip >crate.log || { cat crate.log; exit 1; }
	@grep -o 'RO-Crate is .*!!!' crate.log

lock: ## resolve requirements/*.in anew into the locks and sbom.json; UPGRADE=1 takes the newest versions
	sh requirements/lock.sh $(if $(UPGRADE),--upgrade)

clean: ## remove .venv, caches and the site; results and Snakemake's records of them stay
	@sh requirements/install.sh none
	rm -rf .tools site .pytest_cache .ruff_cache .hypothesis .coverage*
	find scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile
