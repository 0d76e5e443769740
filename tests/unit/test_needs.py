"""What jobs need follows the size of their data, and the size is told from how files begin."""

import gzip

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from attendna.contracts import attributions
from attendna.learning import schedule, syntax
from attendna.planning import estimates, loading, needs

RULES = sorted(needs.NEEDS)
sizes = st.builds(
    lambda records, row: needs.Size(records, records * row, row),
    st.integers(2, 10**6),
    st.integers(10, 2000),
)


@pytest.mark.parametrize("rule", RULES)
@given(size=sizes, more=sizes)
def test_more_data_never_need_less(rule, size, more):
    both = size + more
    assert needs.peak_memory(rule, size) <= needs.peak_memory(rule, both)
    assert needs.duration(rule, size) <= needs.duration(rule, both)
    assert needs.disk(size, 3, 9, []) <= needs.disk(both, 3, 9, [])
    assert needs.minutes(needs.duration(rule, size)) * 60 >= 2 * needs.duration(rule, size)


def fasta(records, length):
    return b"".join(b">r%d some words\n%s\n" % (i, b"ACGT" * (length // 4)) for i in range(records))


def table(records, length):
    rows = b"".join(b"%s,1,r%d\n" % (b"ACGT" * (length // 4), i) for i in range(records))
    return b"sequence,label,id\n" + rows


def bed(records, length):
    return b"".join(
        b"chr1\t%d\t%d\tname\n" % (10**6 + i, 10**6 + i + length) for i in range(records)
    )


@pytest.mark.parametrize("made", [fasta, table, bed])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(("records", "length"), [(20, 200), (30_000, 40)])
def test_the_size_of_a_file_is_told_from_its_begin(tmp_path, made, packed, records, length):
    content = made(records, length)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(content, mtime=0) if packed else content)
    size = needs.imported([path], None, "auto", 0)
    assert size.records == pytest.approx(records, rel=0.3)
    assert size.letters == pytest.approx(records * length, rel=0.3)
    assert size.row == length
    assert needs.imported([path], None, 60, 1.0).row == 60
    assert needs.imported([path], None, "auto", 2.0).records == pytest.approx(
        3 * size.records, rel=0.01
    )


@given(data=st.one_of(st.binary(max_size=300), st.binary(max_size=100).map(gzip.compress)))
def test_no_file_is_too_strange_to_be_sized(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "strange"
    path.write_bytes(data)
    size = needs.imported([path], None, "auto", 0)
    assert min(size.records, size.letters, size.row) >= 0


def test_a_file_that_unpacks_to_a_thousand_times_its_size_is_sized_in_little_memory(tmp_path):
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b">a\n" + b"A" * 10**8, mtime=0))
    text, _ = needs.sample(path, path.stat().st_size)
    assert len(text) <= needs.UNPACKED
    assert needs.imported([path], None, "auto", 0).letters == pytest.approx(10**8, rel=0.1)


def test_a_file_that_is_not_there_yet_counts_as_a_large_one(tmp_path):
    assert needs.imported([tmp_path / "none"], None, "auto", 0).letters == needs.UNKNOWN


@given(records=st.integers(1, 10**7))
def test_epochs_are_counted_as_the_training_counts_them(records):
    batch = schedule.automatic_batch_size(records)
    epochs = schedule.automatic_epochs(records, batch)
    size = needs.Size(records, records * 100, 100)
    how = {"epochs": "auto", "batch_size": "auto"}
    expected = needs.EPOCH * epochs * records * 100 / needs.MB
    assert needs.training_seconds(size, how, 1.0) == pytest.approx(expected)


def test_every_job_of_the_default_run_has_a_need():
    config = loading.load("config.yaml", [])
    config["models"]["svm"] = {"architecture": "gkm_svm"}
    for rule, job in estimates.jobs(config):
        assert estimates.memory(config, rule, job) > 100
        assert estimates.minutes(config, rule, job) >= needs.SHORTEST


EXPLAINED = {"dataset": "tutorial", "fold": "1", "model": "attention_cnn", "seed": "1"}


OF_RECORDS = [rule for rule in estimates.RULES_OF_AN_EXPLANATION if rule != "find_rules"]


@pytest.mark.parametrize("rule", OF_RECORDS)
@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("explain", "records", 5000),
        ("explain", "methods", ["gradient"] * 9),
        ("dataset", "length", 2000),
    ],
)
def test_an_explanation_needs_more_where_more_is_explained(rule, section, key, value):
    config = loading.load("config.yaml", [])
    place = config["datasets"]["tutorial"]["simulate"] if section == "dataset" else config[section]
    before = needed(config, rule)
    place[key] = value
    assert all(np.greater(needed(config, rule), before))


@pytest.mark.parametrize(("key", "value"), [("motifs", 4), ("gap", 20), ("backgrounds", 10)])
def test_rules_take_less_time_where_less_is_asked(key, value):
    config = loading.load("config.yaml", [])
    before = estimates.seconds(config, "find_rules", EXPLAINED)
    config["explain"]["rules"][key] = value
    assert estimates.seconds(config, "find_rules", EXPLAINED) < before


def test_rules_of_long_sequences_take_bounded_time():
    config = loading.load("config.yaml", [])
    simulate = config["datasets"]["tutorial"]["simulate"]

    def seconds(length):
        simulate["length"] = length
        return estimates.seconds(config, "find_rules", EXPLAINED)

    assert seconds(2000) == seconds(4000) > seconds(100)


def needed(config, rule):
    """MB and seconds of a job, and bytes of its dataset's results."""
    asked = (estimates.memory, estimates.seconds)
    return [*(of(config, rule, EXPLAINED) for of in asked), estimates.disk(config, "tutorial")]


def test_mutants_that_have_to_be_predicted_take_time_with_the_square_of_their_length():
    config = loading.load("config.yaml", [])
    config["models"]["attention_cnn"] |= {"partner_sizes": [], "counting": False}
    simulate = config["datasets"]["tutorial"]["simulate"]

    def of_mutagenesis(model, length):
        simulate["length"] = length
        of_model = {**EXPLAINED, "model": model}
        windows = estimates.seconds(config, "attribute", EXPLAINED)
        return estimates.seconds(config, "attribute", of_model) - windows

    assert of_mutagenesis("attention_cnn", 1000) == 0
    short, long = (of_mutagenesis("tutorial_cnn", length) for length in (100, 1000))
    assert long == pytest.approx(100 * short) and short > 0
    config["explain"]["methods"] = ["gradient"]
    assert of_mutagenesis("tutorial_cnn", 1000) == 0


@pytest.mark.parametrize(
    "changes", [{"partner_sizes": [15]}, {"partner_sizes": "auto"}, {"counting": True}]
)
def test_a_network_of_partners_or_counts_has_to_predict_mutants(changes):
    config = loading.load("config.yaml", [])
    config["models"]["attention_cnn"] |= {"partner_sizes": [], "counting": False}
    by_windows = estimates.seconds(config, "attribute", EXPLAINED)
    config["models"]["attention_cnn"] |= changes
    assert estimates.seconds(config, "attribute", EXPLAINED) > by_windows


def test_small_networks_that_find_out_what_suits_take_time_but_no_more_of_many_records():
    config = loading.load("config.yaml", [])
    simulate = config["datasets"]["tutorial"]["simulate"]
    own = config["models"]["attention_cnn"]
    own["counting"] = False

    def of_finding(sequences):
        simulate["sequences"] = sequences
        found = []
        for own["partner_sizes"] in ("auto", []):
            found.append(estimates.seconds(config, "train", EXPLAINED))
        return found[0] - found[1]

    assert of_finding(1000) == pytest.approx(0, abs=1e-6)  # 640 or so for training
    assert 0 < of_finding(2000) < of_finding(10_000)
    assert of_finding(10_000) == pytest.approx(of_finding(100_000))
    # Planning does not import what trains, so it has the numbers itself.
    assert (needs.FOUND_ON, needs.FOUND_FROM) == (syntax.RECORDS, syntax.FEWEST_RECORDS)


def test_what_is_explained_is_not_more_than_there_is():
    config = loading.load("config.yaml", [])
    config["datasets"]["tutorial"]["simulate"]["sequences"] = 100
    before = estimates.memory(config, "attribute", EXPLAINED)
    config["explain"]["records"] = 10**6
    assert estimates.memory(config, "attribute", EXPLAINED) == before


def test_the_room_on_the_disk_suffices_for_what_explains_a_run(tmp_path):
    n, length, scales, methods = 400, 300, 4, ["gradient", "mutagenesis"]
    ids = [f"record{i}" for i in range(n)]
    x = np.zeros((n, length, 4), np.float32)
    rows = np.zeros(n)
    found = attributions.Attributions(
        ids=ids,
        records=rows,
        parts=["test"] * n,
        target=rows,
        scores=rows,
        methods=dict.fromkeys(methods, x),
        scales=range(scales),
        attention=x[:, None, :, 0].repeat(scales, 1),
        attention_scores=x[..., 0],
        baselines=["zero"],
        differences=rows[:, None],
        totals=rows[:, None],
    )
    changed = np.zeros((len(methods) + 2, n, needs.SHARES))
    scores = attributions.Perturbations(
        [*methods, "attention", "random"], range(needs.SHARES), changed, changed
    )
    attributions.write_attributions(tmp_path / "attributions.npz", found)
    attributions.write_attributions(tmp_path / "untrained.npz", found)
    attributions.write_perturbations(tmp_path / "perturbations.npz", scores)
    held = sum(path.stat().st_size for path in tmp_path.glob("*.npz"))
    size = needs.Size(n, n * length, length)
    explained = needs.Explained(n, length, len(methods))
    more = needs.disk(size, 1, 0, [explained]) - needs.disk(size, 1, 0, [])
    # Twice, for the parts that are kept until all is done.
    assert 2 * held < more < 2 * held + 15 * needs.MB


def test_a_gpu_and_a_kernel_take_memory_of_their_own():
    overlay = "models: {n: {architecture: attention_cnn}, s: {architecture: gkm_svm}}"
    config = {**loading.load("config.yaml", []), **yaml.safe_load(overlay)}
    job = {"dataset": "tutorial", "model": "n"}
    config["training"]["device"] = "cpu"
    on_cpu = estimates.memory(config, "train", job)
    config["training"]["device"] = "gpu"
    assert estimates.memory(config, "train", job) == on_cpu + needs.GPU
    job["model"] = "s"
    few = estimates.memory(config, "fit_baseline", job)
    config["models"]["s"]["max_records"] = 20_000
    assert estimates.memory(config, "fit_baseline", job) > few + 5000
