# Two commands do everything: make dashboard, make test.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: dashboard test check docs languages clean

dashboard: $(VENV)/has-dashboard
	@$(BIN)/mailwidgets dashboard --practice --no-browser

test: $(VENV)/has-tests check
	$(BIN)/pytest -n 3 --dist loadfile $(PYTEST)  # two cores: one of three waits for a browser

check: $(VENV)/has-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/has-tests  # build/docs/index.html
	$(BIN)/sphinx-build -q -n -W --keep-going docs build/docs

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

languages: $(VENV)/has-tests  # after a text was changed: what is new is empty in the catalogues
	$(BIN)/python tests/languages/catalogues.py

# Exact versions, so that two machines run the same; a stamp is older than what it was made from.
# The page's template is copied to where Voila looks for it.
TEMPLATE := $(wildcard mailwidgets/web/template/*.*)
$(VENV)/has-dashboard: pyproject.toml constraints.txt $(TEMPLATE) | $(BIN)/python
	$(PIP) --editable '.[dashboard,practice]'
	@touch $@

$(VENV)/has-tests: pyproject.toml constraints.txt $(TEMPLATE) | $(BIN)/python
	$(PIP) --editable '.[dev]'
	@# Whatever reads a notebook would compile its grammar of IRIs, in four seconds each time;
	@# jsonschema takes it where it is installed, and does without where it is not.
	@$(BIN)/pip uninstall --quiet --yes rfc3987-syntax
	@touch $@ $(VENV)/has-dashboard

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis
