"""Nothing that is said of two models disagrees with the table in which they are compared."""

import math
import re
from itertools import product

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attendna.contracts.measurements import COMPARISON_COLUMNS
from attendna.evaluation import standings, summary, verdict

SPELLED = {"AUROC": "auroc", "AUPRC": "auprc", "MCC": "mcc"}
COMPARED = [*SPELLED.values(), "brier"]


def comparison(*rows) -> pd.DataFrame:
    """Rows of `a b metric difference low high p_adjusted`, and fold and subset if not 1 and all."""
    table = [
        ["d", fold, "test", subset, metric, a, b, difference, low, high, p / 6, p]
        for a, b, metric, difference, low, high, p, *more in rows
        for fold, subset in [[*more, "1", "all"][:2] if len(more) != 1 else [*more, "all"]]
    ]
    return pd.DataFrame(table, columns=COMPARISON_COLUMNS)


# ------------------------------------------------------------------------------ by hand


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ((0.1, 0.05, 0.15, 0.001), standings.BETTER),
        ((-0.1, -0.15, -0.05, 0.001), standings.WORSE),
        ((0.1, 0.05, 0.15, 0.051), standings.UNCLEAR),
        ((0.1, -0.01, 0.21, 0.001), standings.UNCLEAR),
        ((-0.1, -0.21, 0.01, 0.001), standings.UNCLEAR),
        ((0.1, 0.05, 0.15, math.nan), standings.UNCLEAR),
        ((0.1, math.nan, math.nan, 0.001), standings.UNCLEAR),
        ((0.0, 0.0, 0.0, 1.0), standings.UNCLEAR),
    ],
)
def test_interval_and_corrected_p_value_both_have_to_say_so(numbers, told):
    assert standings.standing("auroc", *numbers, 0.95) == told
    turned = {standings.BETTER: standings.WORSE, standings.WORSE: standings.BETTER}
    assert standings.standing("brier", *numbers, 0.95) == turned.get(told, told)


def test_a_difference_is_turned_to_the_side_that_is_asked_for():
    table = comparison(("a", "b", "auroc", 0.05, 0.03, 0.08, 0.01))
    found = standings.between(table, "b", "a", "auroc", 0.95)
    assert (found.difference, found.low, found.high) == (-0.05, -0.08, -0.03)
    assert found.standing == standings.WORSE
    assert standings.between(table, "a", "b", "mcc", 0.95) is None
    assert standings.between(table, "a", "c", "auroc", 0.95) is None
    assert standings.between(None, "a", "b", "auroc", 0.95) is None
    undefined = comparison(("a", "b", "auroc", *[math.nan] * 4))
    assert standings.between(undefined, "a", "b", "auroc", 0.95) is None


def test_with_folds_their_mean_is_what_counts():
    one = ("a", "b", "auroc", 0.1, 0.05, 0.15, 0.01, "1")
    table = comparison(one, ("a", "b", "auroc", 0.01, -0.02, 0.04, 0.4, "all"))
    assert standings.between(table, "a", "b", "auroc", 0.95).standing == standings.UNCLEAR


@pytest.mark.parametrize(
    ("counts", "positive", "metrics"),
    [
        ({"a": 350, "b": 650}, "a", ["auroc"]),
        ({"a": 349, "b": 651}, "a", ["auroc", "auprc"]),
        ({"a": 349, "b": 651}, "b", ["auroc", "mcc"]),
        ({"a": 300, "b": 300, "c": 300}, "", ["auroc"]),
        ({"a": 100, "b": 300, "c": 300}, "", ["auroc", "auprc"]),
        ({}, "", ["auroc"]),
        ({"a": 0, "b": 9}, "a", ["auroc", "auprc"]),
    ],
)
def test_unbalanced_classes_are_judged_by_a_second_metric(counts, positive, metrics):
    assert standings.judged_metrics(counts, positive) == metrics


def test_records_whose_relatives_were_learned_from_are_not_judged_where_they_are_many():
    def run(fold, new, seed=1):
        unrelated = {} if new is None else {"test": new}
        return {"fold": fold, "seed": seed, "n": {"test": 100}, "unrelated": unrelated}

    assert standings.judged_subset([run(1, None)]) == "all"
    assert standings.judged_subset([run(1, 95)]) == "all"
    assert standings.judged_subset([run(1, 94)]) == "unrelated"
    assert standings.judged_subset([run(1, 94), run(1, 94, seed=2), run(2, None)]) == "all"
    assert standings.judged_subset([]) == "all"


def test_each_subset_has_comparisons_of_its_own():
    table = comparison(
        ("a", "b", "auroc", 0.05, 0.03, 0.08, 0.01),
        ("a", "b", "auroc", -0.05, -0.08, -0.03, 0.01, "1", "unrelated"),
    )
    found = {s: standings.between(table, "a", "b", "auroc", 0.95, s) for s in ("all", "unrelated")}
    assert found["all"].standing == standings.BETTER
    assert found["unrelated"].standing == standings.WORSE


# ------------------------------------------------------------------------------ the judge


class Table:
    """What comparison.tsv says, read without the code that is tested."""

    def __init__(self, table, confidence, subset="all"):
        self.rows = {}
        self.level = 1 - confidence
        records = [] if table is None else table.to_dict("records")
        records = [row for row in records if row["subset"] == subset]
        if any(row["fold"] == "all" for row in records):
            records = [row for row in records if row["fold"] == "all"]
        for row in records:
            numbers = [row[name] for name in ("difference", "low", "high")]
            turned = [-row[name] for name in ("difference", "high", "low")]
            self.rows[row["model_a"], row["model_b"], row["metric"]] = (*numbers, row["p_adjusted"])
            self.rows[row["model_b"], row["model_a"], row["metric"]] = (*turned, row["p_adjusted"])

    def says(self, first, second, metric):
        """ "above", "below", "unclear" or "nothing"."""
        value, low, high, p = self.rows.get((first, second, metric), [math.nan] * 4)
        if math.isnan(value):
            return "nothing"
        if p < self.level and value > 0 and low > 0:
            return "above"
        if p < self.level and value < 0 and high < 0:
            return "below"
        return "unclear"


METRIC = r"(?:AUROC|AUPRC|MCC)(?: \(difference [^)]*\))?"
WHERE = "(?: on the test records without a relative)?"
LIST = rf"(\w+ in {METRIC}(?: and {METRIC})*(?:, \w+ in {METRIC}(?: and {METRIC})*)*)"
NUMBER = r"(?:less than |more than )?−?\d+\.\d+"
DIFFERENCE = rf"({NUMBER})(?:, ({NUMBER}) to ({NUMBER}))?(?:, p [=<] [\d.e-]+)?"
ROLE = "(?:best possible|best simple baseline|next best baseline)"
CLAIMS = {
    rf"Not good for a network: a simple baseline is clearly better \({LIST}\)": "below",
    rf"not been shown that a network is needed: no clear difference from a simple baseline "
    rf"\({LIST}\)": "unclear",
    rf"whether a network is needed is not known, since it was not compared with every simple "
    rf"baseline \({LIST}\)": "nothing",
    rf"it was not compared with the best possible \({LIST}\)": "nothing",
    rf"close to the best possible, though clearly below it \({LIST}\)": "below",
    rf"could be better: it is clearly below the best possible \({LIST}\)": "below",
    rf"no clear difference from the best possible \({LIST}\)": "unclear",
    rf"even clearly above the best possible \({LIST}\)": "above",
    rf"is clearly worse than a simple baseline{WHERE}: {LIST}\.": "below",
    rf"has not shown{WHERE} that a network is needed: no clear difference from {LIST}\.": "unclear",
    rf"was not compared{WHERE} with {LIST}\.": "nothing",
}
EVERY = r"clearly better than every simple baseline in ([A-Z]+)(?: and ([A-Z]+))?;"
DISTANCE = (
    rf"(level with|{NUMBER} above|{NUMBER} below) the "
    rf"{ROLE} \((\w+)(?:, {NUMBER})?; paired difference {DIFFERENCE}: "
    r"(clearly better|clearly worse|no clear difference)\)"
)
UNCOMPARED = rf"not compared with the {ROLE} \((\w+)(?:, {NUMBER})?\)"
GUESSING = r"That is not clearly better than guessing \(0\.5\)\."
COMPARING = re.compile(
    r"better|worse|above|below|level with|difference|compared|beyond|match|close|good|best|beat"
    r"|needed|simple|superior|equal|reach(?!es (?:a test|−?\d|less than|more than))|apart|exceed"
    r"|outperform"
)


def listed(text):
    """The pairs of model and metric, with the differences where they are given."""
    for name, metrics in re.findall(rf"(\w+) in ({METRIC}(?: and {METRIC})*)", text):
        for part in metrics.split(" and "):
            given_in_words = re.search(rf"\(difference {DIFFERENCE}", part)
            yield name, SPELLED[part.split()[0]], given_in_words


def check_numbers(found, row):
    """The numbers of a sentence are those of the table, rounded."""
    for text, value in zip(found, row, strict=False):
        if text is None:
            assert math.isnan(value)
        else:
            said = float(text.rpartition(" ")[2].replace("−", "-"))
            assert abs(said - value) <= 0.0005 + 1e-6
            assert (said > 0) == (value > 1e-12) and (said < 0) == (value < -1e-12)


def judge(text, model, table, baselines, judged):
    """Fail if a sentence about a model says anything that the table does not."""
    rest = text
    for pattern, wanted in CLAIMS.items():
        for claim in re.finditer(pattern, text):
            for name, metric, given_in_words in listed(claim[1]):
                assert table.says(model, name, metric) == wanted, claim[0]
                if given_in_words:
                    check_numbers(given_in_words.groups(), table.rows[model, name, metric])
                if "close to" in claim[0]:
                    assert abs(table.rows[model, name, metric][0]) <= 0.0205
        rest = re.sub(pattern, "", rest)
    for claim in re.finditer(EVERY, text):
        metrics = [SPELLED[name] for name in claim.groups() if name]
        assert metrics == judged
        assert baselines
        assert all(table.says(model, b, m) == "above" for b in baselines for m in metrics)
    rest = re.sub(EVERY, "", rest)
    # Sentence by sentence, since each is of one metric.
    for sentence in re.findall(r"(?:reaches a test|Its) (?:AUROC|AUPRC|MCC) .*?\.(?= |$)", text):
        metric = SPELLED[re.search("AUROC|AUPRC|MCC", sentence)[0]]
        for claim in re.finditer(DISTANCE, sentence):
            gap, name, *numbers, told = claim.groups()
            row = table.rows[model, name, metric]
            check_numbers(numbers, row)
            direction = {"above": row[0] > 0, "below": row[0] < 0, "with": row[0] == 0}
            assert direction[gap.split()[-1]]
            wanted = {"above": "clearly better", "below": "clearly worse"}
            assert wanted.get(table.says(model, name, metric), "no clear difference") == told
        for claim in re.finditer(UNCOMPARED, sentence):
            assert table.says(model, claim[1], metric) == "nothing"
    for pattern in (DISTANCE, UNCOMPARED, GUESSING, "how good a classifier could be is not known"):
        rest = re.sub(pattern, "", rest)
    assert not COMPARING.search(rest), rest


# ------------------------------------------------------------------------------ for any tables

NAMES = {"cnn": "network", "wide": "network", "kmer": "baseline", "gc": "baseline"}
NAMES |= {"places": "baseline", "optimum": "oracle"}
# Mostly numbers near which a sentence changes, since any others seldom come near them.
values = st.one_of(st.sampled_from([0.45, 0.6, 0.75, 0.9, 0.97]), st.floats(-1, 1))
sizes = st.one_of(st.sampled_from([0.01, 0.03, 0.1, 0.0004, 0.0]), st.floats(0, 1))
widths = st.one_of(st.sampled_from([0.005, 0.02, 0.05, 0.0]), st.floats(0, 0.3))
p_values = st.one_of(st.sampled_from([0.001, 0.04, 0.06, 0.4, math.nan]), st.floats(0, 1))


@st.composite
def situations(draw):
    """Scores and comparisons of any models, which need not go together."""
    subsets = draw(st.sampled_from([["all"], ["all"], ["all", "unrelated"]]))
    models = draw(st.lists(st.sampled_from(list(NAMES)), min_size=1, unique=True))
    kinds = {name: kind for name, kind in NAMES.items() if name in models}
    rows = []
    for model in kinds:
        for metric in COMPARED:
            value, down, up = draw(values), draw(widths), draw(widths)
            if draw(st.integers(0, 9)) or metric == "auroc":
                rows += [score(model, metric, s, value, down, up) for s in ("test", "validation")]
            if subsets[1:] and draw(st.integers(0, 9)):
                lower = score(model, metric, "test", draw(values), draw(widths), draw(widths))
                rows.append(lower | {"subset": "unrelated"})
    table = []
    pairs = [(a, b) for i, a in enumerate(models) for b in models[i + 1 :]]
    for (a, b), metric, subset in product(pairs, COMPARED, subsets):
        value, p = draw(st.sampled_from([-1, 1])) * draw(sizes), draw(p_values)
        low, high = value - draw(widths), value + draw(widths)
        fold = draw(st.sampled_from(["1", "1", "1", "all"]))
        if draw(st.integers(0, 7)):
            table.append((a, b, metric, value, low, high, p, fold, subset))
    compared = None if draw(st.integers(0, 7)) == 0 else comparison(*table)
    judged = draw(st.sampled_from([["auroc"], ["auroc", "auprc"], ["auroc", "mcc"]]))
    return kinds, pd.DataFrame(rows), compared, judged, draw(st.sampled_from([0.95, 0.9]))


def score(model, metric, split, value, down, up):
    names = {"dataset": "d", "fold": 1, "model": model, "seed": 1, "split": split}
    names |= {"subset": "all", "threshold": "0.5" if metric == "mcc" else "", "class": ""}
    return names | {"metric": metric, "value": value, "low": value - down, "high": value + up}


@pytest.mark.thorough
@given(situations(), st.sampled_from([None, 0, 5, 60]))
@settings(max_examples=60, deadline=None)
def test_no_sentence_disagrees_with_the_comparison(situation, related):
    kinds, rows, compared, judged, confidence = situation
    new = summary.on_unrelated(rows)
    subset = "all"
    if new is not None:
        new = summary.main_scores(summary.mean_scores(new, confidence))
        subset = "unrelated" if related == 60 else "all"
    scores = {
        split: summary.main_scores(summary.mean_scores(rows, confidence, split))
        for split in ("test", "validation")
    }
    evidence = verdict.Evidence(
        test=scores["test"],
        validation=scores["validation"],
        comparison=compared,
        kinds=kinds,
        metrics=judged,
        confidence=confidence,
        records=100,
        groups=90,
        folds=1,
        seeds=1,
        related=related,
        unrelated=new,
        subset=subset,
    )
    table = Table(compared, confidence, subset)
    baselines = [name for name, kind in kinds.items() if kind == "baseline"]
    model = summary.headline_model(scores["test"], scores["validation"], kinds)
    told = verdict.paragraph(evidence)
    if model is None:
        assert (
            told == "No network or baseline has a test AUROC yet, so there is nothing to compare."
        )
    else:
        judge(told, model, table, baselines, judged)
    warned = {}
    for finding in verdict.baseline_findings(compared, kinds, judged, confidence, subset):
        name = finding["message"].split()[0]
        warned.setdefault(name, "")
        warned[name] += finding["message"]
        judge(finding["message"], name, table, baselines, judged)
    # What the table holds against a network is not left out.
    for name in (name for name, kind in kinds.items() if kind == "network"):
        short = [b for b in baselines for m in judged if table.says(name, b, m) != "above"]
        assert all(re.search(rf"\b{b} in", warned[name]) for b in short)
        assert short or name not in warned


@given(situations())
@settings(max_examples=30, deadline=None)
def test_the_columns_of_the_summary_agree_with_the_comparison(situation):
    kinds, rows, compared, _, confidence = situation
    more = rows.assign(threshold="validation")
    means = summary.mean_scores(pd.concat([rows, more]), confidence, split=None)
    columns = standings.named(means, compared, kinds, confidence)
    tables = {subset: Table(compared, confidence, subset) for subset in ("all", "unrelated")}
    for row, beats, matched in zip(means.to_dict("records"), *columns.values(), strict=True):
        beats, matched = (set(filter(None, text.split(","))) for text in (beats, matched))
        at = row["model"], row["metric"]
        if kinds[at[0]] != "network" or row["split"] != "test" or row["threshold"] == "validation":
            assert not beats | matched
            continue
        good = "below" if at[1] == "brier" else "above"
        for name in (name for name, kind in kinds.items() if kind == "baseline"):
            says = tables[row["subset"]].says(at[0], name, at[1])
            assert (name in beats) == (says == good)
            assert (name in matched) == (says not in (good, "nothing"))


def test_the_judge_is_not_deaf():
    """It objects to what used to be said, and to sentences turned round."""
    table = Table(comparison(("cnn", "kmer", "auroc", 0.1, 0.05, 0.15, 0.001)), 0.95)
    for wrong in (
        "Not good for a network: a simple baseline is as good or better, within the error.",
        "Not good for a network: a simple baseline is clearly better (kmer in AUROC).",
        "It has not been shown that a network is needed: no clear difference from a simple "
        "baseline (kmer in AUROC).",
        "cnn was not compared with kmer in AUROC.",
        "cnn reaches a test AUROC of 0.9: 0.100 below the best simple baseline (kmer, 0.800; "
        "paired difference 0.100, 0.050 to 0.150, p = 0.001: clearly better).",
        "cnn reaches a test AUROC of 0.9: 0.100 above the best simple baseline (kmer, 0.800; "
        "paired difference 0.100, 0.050 to 0.150, p = 0.001: no clear difference).",
        "cnn reaches a test AUROC of 0.9, and what is simple comes within that interval.",
        "The interval is wide, too wide to tell good models apart.",
    ):
        with pytest.raises(AssertionError):
            judge(wrong, "cnn", table, ["kmer"], ["auroc"])
    right = (
        "Yes, clearly better than every simple baseline in AUROC; how good a classifier could be "
        "is not known. cnn reaches a test AUROC of 0.90 (0.87 to 0.93): 0.100 above the best "
        "simple baseline (kmer, 0.80; paired difference 0.100, 0.050 to 0.150, p = 0.001: clearly "
        "better)."
    )
    judge(right, "cnn", table, ["kmer"], ["auroc"])
