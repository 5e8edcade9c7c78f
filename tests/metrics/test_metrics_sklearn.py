"""Every metric against scikit-learn on seeded random parts: ties, rare and missing classes,
one class only. Undefined values are compared by our reason, as scikit-learn gives nan, 0 or 1."""

import pathlib
import sys
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from probe import ask  # noqa: E402

TOLERANCE = 1e-9
PROBE = "nta_metrics_probe"


def close(found, expected, what):
    assert found is not None, what
    assert abs(found - expected) <= TOLERANCE * max(1.0, abs(expected)), (what, found, expected)


def random_part(seed):
    """A classification part; odd seeds have few distinct probabilities, so many ties."""
    rng = np.random.default_rng(seed)
    n_classes = int(rng.integers(2, 6))
    n = int(rng.choice([2, 3, 31, 200, 500]))
    weights = rng.dirichlet(np.full(n_classes, 0.7))
    truth = rng.choice(n_classes, n, p=weights)
    logits = rng.normal(size=(n, n_classes)) + 1.5 * np.eye(n_classes)[truth]
    if seed % 2:
        logits = np.round(logits)
    p = np.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    return truth, p, n_classes


def question(truth, p, n_classes, seen=None):
    normal = [1] + [0] * (n_classes - 1)
    return {"call": "classification", "classes": [f"c{k}" for k in range(n_classes)],
            "seen": seen or [1] * n_classes, "normal": normal, "probabilities": p.ravel().tolist(),
            "predictions": p.argmax(axis=1).tolist(), "targets": truth.tolist()}


def check_hard(answer, truth, predicted, seed):
    value = {name: entry["value"] for name, entry in answer.items()}
    close(value["accuracy"], sk.accuracy_score(truth, predicted), (seed, "accuracy"))
    close(value["balanced_accuracy"], sk.balanced_accuracy_score(truth, predicted), (seed, "bal"))
    for average in ("macro", "micro", "weighted"):
        scores = sk.precision_recall_fscore_support(truth, predicted, average=average,
                                                    zero_division=0)
        for name, expected in zip(("precision", "recall", "f1"), scores):
            close(value[f"{average}_{name}"], expected, (seed, average, name))
    if len(set(truth)) > 1 and len(set(predicted)) > 1:
        close(value["mcc"], sk.matthews_corrcoef(truth, predicted), (seed, "mcc"))
    else:
        assert value["mcc"] is None and answer["mcc"]["reason"]
    if len(set(truth)) > 1:
        close(value["kappa"], sk.cohen_kappa_score(truth, predicted), (seed, "kappa"))
    else:
        assert value["kappa"] is None and answer["kappa"]["reason"]


def check_classes(answer, truth, predicted, n_classes, seed):
    scores = sk.precision_recall_fscore_support(truth, predicted, labels=range(n_classes),
                                                zero_division=0)
    for k in range(n_classes):
        close(answer[f"precision/c{k}"]["value"], scores[0][k], (seed, k, "precision"))
        close(answer[f"f1/c{k}"]["value"], scores[2][k], (seed, k, "f1"))
        if (truth == k).any():
            close(answer[f"recall/c{k}"]["value"], scores[1][k], (seed, k, "recall"))
        else:
            assert answer[f"recall/c{k}"]["value"] is None
        negatives = truth != k
        if negatives.any():
            expected = float(((predicted == k) & negatives).sum() / negatives.sum())
            close(answer[f"fpr/c{k}"]["value"], expected, (seed, k, "fpr"))


def check_probabilities(answer, truth, p, n_classes, seed):
    value = {name: entry["value"] for name, entry in answer.items()}
    labels = list(range(n_classes))
    close(value["log_loss"], sk.log_loss(truth, p, labels=labels), (seed, "log_loss"))
    if n_classes == 2:
        close(value["brier"], sk.brier_score_loss(truth, p[:, 1], pos_label=1), (seed, "brier"))
    else:
        close(value["brier"], sk.brier_score_loss(truth, p, labels=labels), (seed, "brier"))
    close(value["ece"], expected_calibration_error(truth, p), (seed, "ece"))
    if len(set(truth)) < n_classes:
        assert value["roc_auc"] is None and answer["roc_auc"]["reason"]
    elif n_classes == 2:
        close(value["roc_auc"], sk.roc_auc_score(truth, p[:, 1]), (seed, "auc"))
        close(value["pr_auc"], sk.average_precision_score(truth, p[:, 1]), (seed, "ap"))
    else:
        close(value["roc_auc"], sk.roc_auc_score(truth, p, multi_class="ovr"), (seed, "auc"))
        onehot = np.eye(n_classes)[truth]
        close(value["pr_auc"], sk.average_precision_score(onehot, p), (seed, "ap"))


def expected_calibration_error(truth, p):
    """Own oracle: a loop over rows and bins (lo, hi]."""
    top, hit = p.max(axis=1), p.argmax(axis=1) == truth
    total = 0.0
    for b in range(15):
        inside = [(t, h) for t, h in zip(top, hit) if b < t * 15 <= b + 1]
        if inside:
            mean_top = sum(t for t, _ in inside) / len(inside)
            mean_hit = sum(bool(h) for _, h in inside) / len(inside)
            total += len(inside) / len(truth) * abs(mean_hit - mean_top)
    return total


def check_detection(answer, positive, scores, seed):
    value = {name: entry["value"] for name, entry in answer.items()}
    if positive.all() or not positive.any():
        for name in ("max_f1", "fpr_at_tpr_95"):
            assert value[name] is None and answer[name]["reason"], (seed, name)
        return
    fpr, tpr, _ = sk.roc_curve(positive, scores, drop_intermediate=False)
    for limit in (0.001, 0.01, 0.05):
        name = f"tpr_at_fpr_{limit}"
        if (positive == 0).sum() * limit < 1 - 1e-9:
            assert value[name] is None and answer[name]["reason"], (seed, name)
        else:
            close(value[name], tpr[fpr <= limit].max(), (seed, name))
    close(value["fpr_at_tpr_95"], fpr[tpr >= 0.95].min(), (seed, "fpr_at_tpr_95"))
    precision, recall, _ = sk.precision_recall_curve(positive, scores)
    with np.errstate(invalid="ignore"):
        best = np.nanmax(2 * precision * recall / (precision + recall))
    close(value["max_f1"], best, (seed, "max_f1"))


@pytest.fixture(autouse=True)
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def test_classification_equals_sklearn():
    parts = [random_part(seed) for seed in range(120)]
    answers = ask(PROBE, [question(*part) for part in parts])
    for seed, ((truth, p, n_classes), answer) in enumerate(zip(parts, answers)):
        predicted = p.argmax(axis=1)
        check_hard(answer, truth, predicted, seed)
        check_classes(answer, truth, predicted, n_classes, seed)
        check_probabilities(answer, truth, p, n_classes, seed)
        check_detection(answer, (truth != 0).astype(int), 1 - p[:, 0], seed)
        if (truth == 0).any():
            expected = float((predicted[truth == 0] != 0).mean())
            close(answer["fpr"]["value"], expected, (seed, "fpr"))


def test_unseen_classes_stay_outside_macro_averages():
    for seed in range(20):
        truth, p, n_classes = random_part(1000 + seed)
        if n_classes < 3:
            continue
        seen = [1] * (n_classes - 1) + [0]
        answer = ask(PROBE, [question(truth, p, n_classes, seen)])[0]
        predicted = p.argmax(axis=1)
        labels = sorted((set(truth) | set(predicted)) - {n_classes - 1})
        if not labels:
            continue
        expected = sk.f1_score(truth, predicted, labels=labels, average="macro", zero_division=0)
        close(answer["macro_f1"]["value"], expected, seed)
        rows = truth == n_classes - 1
        if rows.any():
            found = answer[f"recall/c{n_classes - 1}"]
            close(found["value"], float((predicted[rows] != 0).mean()), seed)
            assert "unseen" in found["reason"]


def random_scores(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.choice([1, 2, 33, 400, 3000]))
    positive = (rng.random(n) < rng.choice([0.0, 0.05, 0.5, 1.0])).astype(int)
    scores = rng.normal(size=n) + positive
    return positive, np.round(scores, 1) if seed % 2 else scores


def test_anomaly_equals_sklearn():
    parts = [random_scores(seed) for seed in range(80)]
    answers = ask(PROBE, [{"call": "anomaly", "scores": s.tolist(), "positive": y.tolist(),
                           "alarms": (s > 0.8).astype(int).tolist()} for y, s in parts])
    for seed, ((positive, scores), answer) in enumerate(zip(parts, answers)):
        alarms = (scores > 0.8).astype(int)
        check_hard(answer, positive, alarms, seed)
        check_detection(answer, positive, scores, seed)
        for name in ("log_loss", "brier", "ece"):
            assert answer[name]["value"] is None and answer[name]["reason"]
        if 0 < positive.sum() < len(positive):
            close(answer["roc_auc"]["value"], sk.roc_auc_score(positive, scores), seed)
            close(answer["pr_auc"]["value"], sk.average_precision_score(positive, scores), seed)
            close(answer["fpr"]["value"], float(alarms[positive == 0].mean()), seed)
        else:
            assert answer["roc_auc"]["value"] is None
        if positive.any():
            close(answer["recall"]["value"], float(alarms[positive == 1].mean()), seed)


def test_regression_equals_sklearn():
    cases = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        n = int(rng.choice([1, 2, 50, 1000]))
        truth = rng.normal(size=n) * 10.0 ** rng.integers(-3, 9)
        truth[rng.random(n) < 0.1] = 0
        cases.append((truth, truth + rng.normal(size=n)))
    cases.append((np.full(5, 3.0), np.arange(5.0)))
    answers = ask(PROBE, [{"call": "regression", "truth": t.tolist(), "predicted": p.tolist()}
                          for t, p in cases])
    for (truth, predicted), answer in zip(cases, answers):
        close(answer["mae"]["value"], sk.mean_absolute_error(truth, predicted), "mae")
        close(answer["rmse"]["value"], sk.root_mean_squared_error(truth, predicted), "rmse")
        if len(set(truth)) > 1:
            close(answer["r2"]["value"], sk.r2_score(truth, predicted), "r2")
        else:
            assert answer["r2"]["value"] is None and answer["r2"]["reason"]
        kept = truth != 0
        if kept.any():
            close(answer["mape"]["value"],
                  sk.mean_absolute_percentage_error(truth[kept], predicted[kept]), "mape")


def brute_force(scores, positive, value):
    """Highest threshold of the best value over every distinct score and one below all."""
    candidates = sorted(set(scores), reverse=True) + [np.nextafter(min(scores), -np.inf)]
    best, place = None, None
    for candidate in candidates:
        here = value(scores > candidate, positive)
        if best is None or here > best + 1e-12:
            best, place = here, candidate
    return place


def f1(alarm, positive):
    return 2 * (alarm & (positive == 1)).sum() / max(1, alarm.sum() + positive.sum())


def youden(alarm, positive):
    return alarm[positive == 1].mean() - alarm[positive == 0].mean()


def test_threshold_rules_equal_brute_force():
    cases = [case for case in (random_scores(seed) for seed in range(40))
             if 0 < case[0].sum() < len(case[0]) and len(case[0]) <= 400]
    assert len(cases) > 5
    for positive, scores in cases:
        base = {"call": "threshold", "scores": scores.tolist(), "positive": positive.tolist()}
        asked = [("max_f1", None), ("youden", None), ("quantile", 0.9), ("default", None),
                 ("target_fpr", 0.1)]
        answers = ask(PROBE, [base | {"rule": rule, "value": v} for rule, v in asked])
        normals = scores[positive == 0]
        assert answers[0]["value"] == brute_force(scores, positive, f1)
        assert answers[1]["value"] == brute_force(scores, positive, youden)
        close(answers[2]["value"], np.quantile(normals, 0.9), "quantile")
        close(answers[3]["value"], np.quantile(normals, 0.95), "default")
        if len(normals) < 10:
            assert "needs at least 10" in answers[4]["error"]
        else:
            falling = np.sort(normals)[::-1]
            assert answers[4]["value"] == falling[int(len(normals) * 0.1 + 1e-9)]
            assert (normals > answers[4]["value"]).mean() <= 0.1
