"""Fitted preparation against scikit-learn and numpy: each statistic to 1e-9, values to float32."""

import pathlib
import sys

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, RobustScaler, StandardScaler

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from probe import ask  # noqa: E402

PROBE = "nta_preparation_probe"
SCALERS = {"standard": StandardScaler, "min_max": MinMaxScaler, "robust": RobustScaler}


def as_json(value):
    if np.isnan(value):
        return None
    return ("inf" if value > 0 else "-inf") if np.isinf(value) else float(value)


def question(rows, names, fit, **config):
    base = {"missing": "median", "missing_value": 0, "log": [], "outliers": "none", "low": 0.001,
            "high": 0.999, "encode": [], "unknown": "bucket", "min_count": 1, "scale": "none"}
    return {"names": names, "rows": [[as_json(v) for v in row] for row in rows], "fit": fit,
            "config": base | config}


def random_columns(seed):
    """Heavy tails, constants, few distinct values, a large offset, tiny values; some missing."""
    rng = np.random.default_rng(seed)
    n = int(rng.choice([2, 5, 40, 300]))
    columns = [rng.normal(size=n), np.exp(rng.normal(size=n) * 4), np.full(n, 7.25),
               rng.integers(0, 3, n).astype(float), rng.normal(size=n) * 1e-3 + 1e9,
               rng.normal(size=n) * 1e-14, -np.exp(rng.normal(size=n) * 3)]
    rows = np.stack(columns, axis=1)
    holes = rng.random(rows.shape) < 0.15
    holes[:, 2] = False
    holes[0] = False
    rows[holes] = rng.choice([np.nan, np.inf, -np.inf], holes.sum())
    fit = sorted(rng.choice(n, max(2, n * 2 // 3), replace=False).tolist())
    if 0 not in fit:
        fit = [0] + fit
    return rows, [f"c{i}" for i in range(rows.shape[1])], fit


def relative(found, expected, what):
    scale = np.maximum(1e-300, np.abs(expected))
    assert np.all(np.abs(np.asarray(found) - expected) <= 1e-9 * scale), (what, found, expected)


def member(answer, name):
    return np.array([column[name] for column in answer["columns"]], dtype=float)


@pytest.mark.parametrize("rule", ["median", "mean", "most_frequent", "constant"])
def test_missing_equals_simple_imputer(rule):
    for seed in range(20):
        rows, names, fit = random_columns(seed)
        answer = ask(PROBE, [question(rows, names, fit, missing=rule, missing_value=-3.5)])[0]
        finite = np.where(np.isfinite(rows), rows, np.nan)
        imputer = SimpleImputer(strategy=rule, fill_value=-3.5 if rule == "constant" else None)
        imputer.fit(finite[fit])
        relative(member(answer, "fill"), imputer.statistics_.astype(float), (seed, rule))


@pytest.mark.parametrize("rule", ["standard", "min_max", "robust"])
@pytest.mark.parametrize("log", [False, True])
def test_whole_chain_equals_sklearn(rule, log):
    for seed in range(20):
        rows, names, fit = random_columns(100 + seed)
        answer = ask(PROBE, [question(rows, names, fit, scale=rule, log=["c*"] if log else [],
                                      outliers="clip", low=0.05, high=0.9)])[0]
        finite = np.where(np.isfinite(rows), rows, np.nan)
        x = SimpleImputer(strategy="median").fit(finite[fit]).transform(finite)
        if log:
            x = np.sign(x) * np.log1p(np.abs(x))
        low, high = np.quantile(x[fit], [0.05, 0.9], axis=0)
        for c in range(x.shape[1]):
            if low[c] < high[c]:
                x[:, c] = np.clip(x[:, c], low[c], high[c])
        scaler = SCALERS[rule]().fit(x[fit])
        shift = {"standard": "mean_", "min_max": "data_min_", "robust": "center_"}[rule]
        relative(member(answer, "shift"), getattr(scaler, shift), (seed, rule, "shift"))
        scale = 1 / scaler.scale_ if rule == "min_max" else scaler.scale_
        relative(member(answer, "scale"), scale, (seed, rule, "scale"))
        expected = (x - getattr(scaler, shift)) / scale
        found = np.array(answer["values"]).reshape(x.shape)
        # The oracle's mean is off by up to n/2 units in its last place, which (x - mean) / scale
        # enlarges; float32 adds 6e-8 of the value.
        slack = 1e-7 + len(fit) * np.finfo(float).eps * np.abs(getattr(scaler, shift)) / scale
        assert np.all(np.abs(found - expected) <= slack + 1.2e-7 * np.abs(expected)), (seed, rule)


def test_clipping_is_left_out_where_it_would_make_a_column_constant():
    rows = np.array([[0.0]] * 999 + [[5.0]])
    answer = ask(PROBE, [question(rows, ["rare"], list(range(1000)), outliers="clip", low=0.1,
                                  high=0.9)])[0]
    assert answer["not_clipped"] == ["rare"]
    assert answer["values"][-1] == 5.0


def test_one_hot_equals_sklearn():
    for seed in range(20):
        rng = np.random.default_rng(seed)
        rows = rng.choice([-1, 0, 3, 17, 254], size=(60, 1), p=[.3, .3, .2, .1, .1]).astype(float)
        rows[50:, 0] = 99  # never in training
        fit = list(range(50))
        answers = ask(PROBE, [question(rows, ["code"], fit, encode=["code"], unknown=unknown)
                              for unknown in ("zero", "bucket")])
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(rows[fit])
        expected = encoder.transform(rows)
        assert np.array_equal(np.array(answers[0]["values"]).reshape(expected.shape), expected)
        with_bucket = np.array(answers[1]["values"]).reshape(60, expected.shape[1] + 1)
        assert np.array_equal(with_bucket[:, :-1], expected)
        assert np.array_equal(with_bucket[:, -1], (rows[:, 0] == 99).astype(float))
        assert [c["category"] for c in answers[0]["columns"]] == list(encoder.categories_[0])


def test_rare_categories_are_unknown_and_one_hot_columns_are_scaled():
    rows = np.array([[1.0]] * 6 + [[2.0]] * 3 + [[5.0]])
    answer = ask(PROBE, [question(rows, ["code"], list(range(10)), encode=["code"], min_count=2,
                                  scale="standard")])[0]
    assert [c["name"] for c in answer["columns"]] == ["code=1", "code=2", "code=unknown"]
    onehot = np.stack([rows[:, 0] == 1, rows[:, 0] == 2, rows[:, 0] == 5], axis=1).astype(float)
    expected = StandardScaler().fit_transform(onehot)
    assert np.allclose(np.array(answer["values"]).reshape(10, 3), expected, atol=1e-6)


def test_columns_without_a_value_are_dropped_and_named():
    rows = np.array([[np.nan, 1.0], [np.inf, 2.0], [4.0, 3.0]])
    answer = ask(PROBE, [question(rows, ["empty", "full"], [0, 1])])[0]
    assert answer["dropped"] == ["empty"]
    assert [c["name"] for c in answer["columns"]] == ["full"]


def test_nothing_but_the_fit_rows_is_looked_at():
    rows, names, _ = random_columns(7)
    fit = list(range(len(rows) // 2 + 1))
    changed = rows.copy()
    changed[fit[-1] + 1:] *= 1e6
    both = ask(PROBE, [question(r, names, fit, scale="standard", outliers="clip")
                       for r in (rows, changed)])
    assert both[0]["columns"] == both[1]["columns"]
