"""Results are the same bytes whatever the number of cores that numpy's libraries use, and however Python hashes."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = """
import hashlib
import numpy as np
import pandas as pd
from analysis.measures import rankings
from analysis.measures.changes import changes_by_unit_indicator
from analysis.measures.comparison import compare_paired, comparisons_by_test
from analysis.measures.effects import effects_by_measure
from tests.unit.measures.table_kit import BEFORE, H1, SETTINGS, random_counts, rows, schools

city = schools({"А": 20, "Б": 180})
now, before = (rows(random_counts(city, spread=0.1, seed=s), city, p) for s, p in ((1, H1), (2, BEFORE)))
both = pd.concat([before, now], ignore_index=True)
tests = comparisons_by_test(both, city, H1, BEFORE, SETTINGS)
taken = pd.DataFrame({"measure": "М1", "unit_id": ["А", "s150"], "indicator": "П11", "to": "", "text": "х"})
taken["from"] = "2021-10-01"
rng = np.random.default_rng(3)
mixed, theta = rng.normal(size=(80, 80)), rng.normal(0, 8, 80)
frames = [
    *rankings.rankings_and_steps(now, city, SETTINGS), rankings.indicator_ranks_by_school(now, city, SETTINGS),
    rankings.sensitivity_by_school(now, city, SETTINGS), rankings.funnel_by_school_indicator(now, SETTINGS),
    tests, changes_by_unit_indicator(both, tests, city, H1, BEFORE, SETTINGS),
    effects_by_measure(taken, both, city, H1, BEFORE, SETTINGS),
    rankings.rank_intervals(theta, covariance=mixed @ mixed.T / 80, joint=True, draws=500),
    rankings.shrink(rng.binomial(50, 0.4, 80), np.full(80, 50)),
]
text = "".join(frame.to_csv() for frame in frames) + repr(compare_paired(np.zeros(500), rng.normal(0.1, 1, 500)))
print(hashlib.sha256(text.encode()).hexdigest())
"""


def digest(cores: int) -> str:
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
    environment = os.environ | dict.fromkeys(names, str(cores)) | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'src'}"}
    environment |= {"PYTHONHASHSEED": str(cores)}
    result = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_neither_cores_nor_hashes_change_anything():
    one = digest(1)
    assert len(one) > 60
    assert digest(4) == one
