# Everything a fresh machine needs: Python 3.11 and make. `make claims` and `make test` each set up the environment first.
PYTHON ?= python3.11
VENV := .venv
RUN := $(VENV)/bin/python -m
# Extra arguments, e.g. make claims ARGS="--scale standard -k perceptron"
ARGS ?=

.PHONY: claims test kernels docs locked lint format hooks clean

# Hypothesis has nothing to do with claims, and takes a second at the end of every process to load.
claims: $(VENV)/installed
	$(RUN) pytest claims/ -p no:hypothesispytest -n auto --dist worksteal $(ARGS)

# A process for each core; tests/support/scheduling.py says what they share out. ARGS="-n 0": one for all.
test: $(VENV)/installed
	$(RUN) pytest tests/ -n auto $(ARGS)

# neural-tangents, which checks the kernels in closed form and has others: 0.4 GB that nothing else needs. Its own
# dependencies would bring tensorflow, which is not needed, and `pip check` therefore complains.
kernels: $(VENV)/installed
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt jax==0.5.3 \
	  jaxlib==0.5.3 ml-dtypes==0.6.0 opt-einsum==3.4.0 frozendict==2.5.1
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps neural-tangents==0.6.5

# import-linter's contracts are in pyproject.toml.
lint: $(VENV)/installed
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(VENV)/bin/lint-imports
	$(VENV)/bin/python tools/check_docstrings.py harness

format: $(VENV)/installed
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

# The site, in build/site. What builds it has an environment of its own, each file with the hash that is written down.
# The variable leaves out a notice that support of the theme ends in May 2027.
docs: $(VENV)/installed $(VENV)-docs/installed
	$(RUN) tools.site_pages build/docs
	NO_MKDOCS_2_WARNING=1 $(VENV)-docs/bin/mkdocs build --strict --quiet

$(VENV)-docs/installed: .ci/docs.txt
	$(PYTHON) -m venv $(VENV)-docs
	$(VENV)-docs/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement .ci/docs.txt
	touch $@

# Optional checks of each commit, some of them from pre-commit-hooks: see .pre-commit-config.yaml.
hooks: $(VENV)/installed
	$(RUN) pre_commit install

# Written last, so that an interrupted installation is begun again.
$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

# The same for the workflows, on Linux on x86-64: nothing is installed that has not the hash that is written down. How
# the lists are written anew: CONTRIBUTING.md.
locked:
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check --require-hashes --requirement .ci/requirements.txt
	$(RUN) pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(VENV)/installed

clean:
	rm -rf $(VENV) $(VENV)-docs .store reports/latest build
