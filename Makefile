## Ориентир: анализ и отчёты мониторинга профориентации
##
## Отчёты
##   make report PERIOD=2022H1        все отчёты и карты школ за полугодие
##   make report PERIOD=2022-03       ежемесячная сводка
##   make report PERIOD=2022          итоговая информация за год
##   make report PERIOD=2021-2025     итоги «дорожной карты»
##   make verify PERIOD=2022H1        собрать заново и сравнить с готовым побайтно
##
## Сбор данных
##   make forms PERIOD=2022-06        формы для рассылки школам
##   make intake                      прочитать присланное, записать замечания
##   make demo                        создать демонстрационные данные
##   make due [ON=2022-06-21]         сроки, долги, замечания; напоминания и календарь
##
## Рассылка и публикация
##   make send PERIOD=2022H1          посылка каждой школе; SEND=yes – отправить по почте
##   make site                        страницы для публикации: «дорожная карта» и публичные отчёты
##
## Рабочее место
##   make init NAME=tula              папка данных своего города (ARGS="--city Тула …"; о прочем спросит)
##   make doctor                      годится ли этот компьютер и что исправить
##   make lab                         открыть тетради в JupyterLab
##   make clean                       удалить демонстрационные отчёты и данные, временные файлы
##   make help                        эта справка
##
## Разработка
##   make test [ARGS="-k periods"]    тесты
##   make lint                        проверки кода, тетрадей, ссылок
##   make docs                        записать docs/tables.md, проверить ссылки в документах
##   make bench                       замеры скорости, пишет docs/performance.md
##   make drills                      учения: обрывы, полный диск, порча файлов, чужие часы
##   make lock [UPGRADE=yes]          пересобрать requirements*.lock (нужен uv)
##
## Уточнения: DATA=папка данных или её имя в data/   PARAMS=папка параметров   OUT=папка отчётов
##   BASELINE=период сравнения   SCHOOLS=none или номера через запятую   JOBS=число процессов
##   Пример: make report PERIOD=2022H1 DATA="/данные/мой город" JOBS=2
##
## Окружение .venv и демонстрационные данные создаются сами при первой надобности.
## Без make (Windows): py tools/setup_env.py, затем .venv/Scripts/python -m analysis report 2022H1

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.SUFFIXES:
.PHONY: help init report forms intake demo lab send verify site due doctor test lint drills bench docs lock clean period

PYTHON ?= python3
PY := .venv/bin/python
ANALYSIS := $(PY) -m analysis

# A variable goes on to the command only if it is set, in quotes, and as it was written.
quote = '$(subst ','\'',$(1))'
option = $(if $(value $(1)),--$(2) $(call quote,$(value $(1))))
flag = $(if $(filter yes 1 true да,$(value $(1))),--$(2))
COMMON = $(call option,DATA,data) $(call option,PARAMS,params)
FOR_PERIOD = $(call quote,$(value PERIOD)) $(COMMON) $(call option,OUT,out)

help:
	@sed -n 's/^## \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

report: period .venv/.ready
	@$(ANALYSIS) report $(FOR_PERIOD) $(call option,BASELINE,baseline) $(call option,SCHOOLS,schools) $(call option,JOBS,jobs) $(call option,CLUSTER,cluster) $(call flag,FORCE,force)

verify: period .venv/.ready
	@$(ANALYSIS) verify $(FOR_PERIOD)

forms: period .venv/.ready
	@$(ANALYSIS) forms $(FOR_PERIOD)

send: period .venv/.ready
	@$(ANALYSIS) send $(FOR_PERIOD) $(call flag,SEND,yes)

intake: .venv/.ready
	@$(ANALYSIS) intake $(COMMON)

demo: .venv/.ready
	@$(ANALYSIS) demo $(COMMON)

lab: .venv/.ready
	@$(ANALYSIS) lab $(COMMON)

site: .venv/.ready
	@$(ANALYSIS) site $(COMMON) $(call option,OUT,out)

due: .venv/.ready
	@$(ANALYSIS) due $(COMMON) $(call option,OUT,out) $(call option,ON,on) $(call flag,SEND,yes)

doctor: .venv/.ready
	@$(ANALYSIS) doctor $(COMMON) $(call option,OUT,out)

init: .venv/.ready
	@test -n $(call quote,$(value NAME)) || { echo "Назовите папку: make init NAME=tula" >&2; exit 2; }
	@$(ANALYSIS) init $(call quote,$(value NAME)) $(call option,PARAMS,params) $(ARGS)

test: .venv/.ready-dev
	@$(PY) -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/.ready-dev
	@$(PY) -m tools.lint

docs: .venv/.ready-dev
	@$(PY) -m tools.write_tables
	@$(PY) -m tools.check_links

bench: .venv/.ready-dev
	@$(call every_script,bench)

drills: .venv/.ready-dev
	@$(call every_script,drills)

every_script = for script in $(1)/[a-z]*.py; do echo "$$script"; $(PY) "$$script" $(ARGS) || exit 1; done

# The lock holds for every system and for Python 3.11 and newer; versions move only with UPGRADE=yes.
LOCK = uv pip compile --universal --fork-strategy fewest --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --quiet --custom-compile-command 'make lock' $(call flag,UPGRADE,upgrade) pyproject.toml --group build

lock:
	@command -v uv >/dev/null || { echo "Нужен uv: pip install uv" >&2; exit 2; }
	$(LOCK) --output-file requirements.lock
	$(LOCK) --extra dev --extra cluster --constraints requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf reports/demo data/demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +

period:
	@test -n $(call quote,$(value PERIOD)) || { echo "Укажите период: PERIOD=2022H1 (полугодие), PERIOD=2022-03 (месяц) или PERIOD=2022 (год)." >&2; exit 2; }

.venv/.ready: requirements.lock pyproject.toml
	@$(call set_up,)

.venv/.ready-dev: requirements-dev.lock .venv/.ready
	@$(call set_up,--dev)

# The first interpreter that is new enough: a system's python3 may be older than one installed beside it.
define set_up
for python in "$(PYTHON)" python3.14 python3.13 python3.12 python3.11; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then exec "$$python" tools/setup_env.py $(1); fi; \
done; echo "Нужен Python 3.11 или новее: установите его или укажите путь: make PYTHON=/путь/к/python3 …" >&2; exit 2
endef
