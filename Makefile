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
# More options of pytest, for `make check`, `make test` and `make test-faults`.
PYTEST ?=

# The shell takes the names from the environment, where nothing in them is a command to it.
export CONFIG DATA GENOME OUT
CONFIG_FILES = $(if $(CONFIG),--configfile $$CONFIG)

INSTALL = sh requirements/install.sh "$(ACCELERATOR)"
export PYTHON
# Rules call `python`, which has to be the one of .venv.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Cluster modules set these, and then packages of another Python are imported.
unexport PYTHONHOME PYTHONPATH

# One more than cores, since each waits at times; at most four: each takes 1 GB, mostly TensorFlow.
PROCESSES = $(shell python -c 'import os; print(min(4, (os.cpu_count() or 1) + 1))')
RUN_TESTS = python -m pytest --numprocesses $(PROCESSES) --dist worksteal

.PHONY: run new doctor setup setup-dev check test test-faults test-cluster lint format lock clean help

# A run that was killed leaves Snakemake's lock on its folder. One that lives holds a lock of the
# system's, too, on the file `alive`, which ends with its process (a large one may take seconds).
UNLOCK = if [ -e .snakemake/alive ] && ls .snakemake/locks/*.lock >/dev/null 2>&1 \
	&& flock --timeout 10 .snakemake/alive rm -rf .snakemake/locks; then \
	echo "An earlier run was killed; its lock is removed, and what it began is done again."; fi

# Snakemake runs what it takes for code in a config; the doctor reads it as data and refuses that.
LOOK = $(if $(CONFIG),python scripts/doctor.py --only-config $(CONFIG_FILES))

run: setup ## set up if need be, run the default config, say where the report is (the default)
	@$(UNLOCK)
	@$(LOOK)
	snakemake --cores $(CORES) --rerun-incomplete $(CONFIG_FILES)

new: setup ## look at the files of DATA= (GENOME= for BED) and write a config for them, OUT= or my.yaml
	@python scripts/new_config.py --words "$$DATA" $(if $(GENOME),--genome "$$GENOME") \
		$(if $(OUT),--out "$$OUT")

doctor: setup ## tell whether this machine, the packages, the config (CONFIG=) and the data are fit
	@python scripts/doctor.py $(CONFIG_FILES)

setup: ## install what the workflow needs into .venv; ACCELERATOR=cuda for NVIDIA GPUs
	@$(INSTALL)

setup-dev: ## the same, and the tools for tests and linting
	@$(INSTALL) dev

check: setup-dev ## check style and format and run the quick tests: two minutes, before each commit
	ruff check
	ruff format --check
	snakefmt --check Snakefile rules
	$(RUN_TESTS) -m "not slow and not long and not faults" tests/unit $(PYTEST)

test: setup-dev ## run every test but those of faults and of the cluster: eight minutes
	$(RUN_TESTS) $(PYTEST)

test-faults: setup-dev ## kill runs, fill disks, damage files and let every rule fail: minutes
	$(RUN_TESTS) -m "faults and not long" tests/workflow $(PYTEST)

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

lock: ## resolve requirements/*.in anew into the locks and sbom.json; UPGRADE=1 takes the newest versions
	sh requirements/lock.sh $(if $(UPGRADE),--upgrade)

clean: ## remove .venv and caches; results and Snakemake's records of them stay
	@sh requirements/install.sh none
	rm -rf .pytest_cache .ruff_cache .hypothesis .coverage*
	find scripts tests -name __pycache__ -type d -prune -exec rm -rf {} +

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile
