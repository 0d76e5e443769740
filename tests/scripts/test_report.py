import json
import re
from html.parser import HTMLParser
from pathlib import Path

import made_up_results as made_up
import made_up_rules
import pytest
from folders import names

import report
from attendna import intact_files, provenance
from attendna.contracts.layout import Run, figure_path, report_pages, run_folder
from attendna.contracts.measurements import (
    read_metrics,
    read_run_metrics,
    write_metrics,
    write_run_metrics,
)
from attendna.contracts.motifs import read_motifs, write_motifs
from attendna.contracts.tables import read_json, write_json
from attendna.errors import UserError
from attendna.intact_files import whole

TEMPLATE = Path(__file__).parents[2] / "report" / "template.html"
ATTACK = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(2)>'


def tell(results: Path, *parts: made_up.MadeUp, **changes) -> str:
    """Write the page about made-up datasets and return it; `changes` go into the last section."""
    sections = {made.name: made.section() for made in parts}
    sections[parts[-1].name] |= changes.pop("section", {})
    settings = {
        "config": {
            "evaluation": {"bootstrap": 1000, "confidence": 0.95},
            "explain": {"motifs": {"jaspar": changes.pop("taxa", "all")}},
            "note": ATTACK,
        },
        "datasets": sections,
    } | changes
    output = results / "report.html"
    pages = [str(page) for page in report_pages(results, list(sections))]
    flags = ["--results", str(results), "--output", str(output), "--template", str(TEMPLATE)]
    flags += ["--pages", *pages]
    flags += ["--verdict", str(results / "verdict.json")]
    report.main(["--settings", json.dumps(settings), *flags])
    return output.read_text(encoding="utf-8")


class Reader(HTMLParser):
    """Collect what a browser would see: tags, addresses, text; and check that tags close."""

    VOID = {"meta", "link", "img", "br", "hr"}

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.addresses, self.words, self.open = [], [], [], []
        self.feed(page)
        self.text = " ".join(" ".join(self.words).split())
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, self.getpos()

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)


def test_results_of_other_settings_are_refused(tmp_path):
    made = made_up.MadeUp("toy")
    made_up.write(tmp_path, made)
    old, now = provenance.digest("old"), provenance.digest("now")
    path = tmp_path / "toy" / "metrics.tsv"
    with intact_files.job("collect_metrics", old):
        write_metrics(path, read_metrics(path))
    tell(tmp_path, made, section={"origins": {"collect_metrics": old}})
    with pytest.raises(UserError, match=r"metrics.tsv: made with other settings"):
        tell(tmp_path, made, section={"origins": {"collect_metrics": now}})


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_figures_of_other_settings_are_refused(tmp_path, ending):
    made = made_up.MadeUp("toy")
    made_up.write(tmp_path, made)
    old, now = provenance.digest("old"), provenance.digest("now")
    path = figure_path(tmp_path / "toy", "curves", ending)
    with intact_files.job("plot_curves", old), intact_files.whole(path) as handle:
        handle.write(b"<svg xmlns='http://www.w3.org/2000/svg'/>")
    tell(tmp_path, made, section={"origins": {"plot_curves": old}})
    with pytest.raises(UserError, match=rf"curves.{ending}: made with other settings"):
        tell(tmp_path, made, section={"origins": {"plot_curves": now}})


@pytest.fixture(scope="module")
def two_classes(tmp_path_factory):
    results = tmp_path_factory.mktemp("two")
    made = made_up.MadeUp()
    made_up.write(results, made)
    made_up.draw(results, made)
    made_up.write_prediction(results, made.name, "mine", list(made.classes))
    made_up.write_scan(results, made.name, "genome", "bound")
    made_up.write_scan(results, made.name, "nothing", "bound", found=0)
    section = {"predict": ["mine"], "scans": ["genome", "nothing"]}
    return Reader(tell(results, made, section=section))


def test_a_scan_is_told_with_its_best_peaks_and_why_it_gives_no_probability(two_classes):
    text = two_classes.text
    assert "Scored: 5,000 windows of 40 bases at a step of 10, by 2 models, on" in text
    assert "Not scored: 7 windows held too many N." in text
    assert "bound: 1 peak with a q-value of at most 0.1, of 2 candidates" in text
    assert "the same amount of shuffled DNA has about 2 such candidates." in text
    assert "bound:100-150 120 + bound 2.50 0.05 bound(+)" in text
    assert "bound:7,000-7,060" not in text
    assert "no single peak can be trusted" in text
    assert text.count("The tracks are log odds, not probabilities:") == 2


def test_the_headline_comes_from_the_numbers(two_classes):
    assert (
        "attention_cnn reaches a test AUROC of 0.89 (0.87 to 0.91): 0.020 below the best possible "
        "(oracle, 0.910; paired difference −0.020, −0.035 to −0.005, p = 0.003: clearly worse) and "
        "0.100 above the best simple baseline (kmer_logistic, 0.790; paired difference 0.100, "
        "0.085 to 0.115, p = 0.003: clearly better)."
    ) in two_classes.text
    assert "Yes, close to the best possible, though clearly below it" in two_classes.text
    assert "240 sequences in 2 classes (positive: 120, negative: 120)" in two_classes.text


def test_the_verdict_and_the_findings_are_written_for_the_terminal_too(tmp_path):
    finding = {"severity": "warning", "message": "GC content tells the classes apart."}
    made = made_up.MadeUp(leaks=True, findings=(finding,))
    made_up.write(tmp_path, made)
    page = Reader(tell(tmp_path, made)).text
    (told,) = json.loads((tmp_path / "verdict.json").read_text())["datasets"]
    assert told["name"] == made.name
    leakage = json.loads((tmp_path / made.name / "fold1" / "leakage.json").read_text())
    assert leakage["findings"] and told["findings"] == [finding, *leakage["findings"]]
    for sentence in (told["verdict"], *(its["message"] for its in told["findings"])):
        assert sentence in page


def test_sections_stand_in_the_order_in_which_users_ask(two_classes):
    titles = [
        "Is it good?",
        "Are the data sound?",
        "How well are they classified?",
        "Are the differences real?",
        "Figures",
        "New sequences",
        "evaluation:",
        "How to repeat",
    ]
    # The contents at the top name the last sections too, so look from the headline on.
    places = [two_classes.text.find(title, 100) for title in titles]
    assert -1 not in places
    assert places == sorted(places)


def test_every_picture_is_inside_and_nothing_is_fetched(two_classes):
    assert two_classes.tags.count("img") == 4 + 3 + 1  # dataset, overviews, attention
    assert "script" not in two_classes.tags
    assert all(address.startswith(("#", "data:")) for address in two_classes.addresses)
    assert "Missing" not in two_classes.text
    assert "Not drawn" not in two_classes.text


def test_anchors_lead_somewhere(two_classes, tmp_path):
    made = made_up.MadeUp(name="other")
    made_up.write(tmp_path, made)
    page = tell(tmp_path, made)
    ids = set(re.findall(r' id="([^"]+)"', page))
    assert {a[1:] for a in Reader(page).addresses if a.startswith("#")} <= ids


def test_settings_versions_and_commands_are_told(two_classes):
    commit = report.commit(Path(report.__file__).parent) or "unknown"
    assert "with 95% confidence intervals" in two_classes.text and "95 %" not in two_classes.text
    for words in ("confidence: 0.95", "numpy", commit, "snakemake --cores all --configfile"):
        assert words in two_classes.text


@pytest.mark.parametrize(
    ("commit", "first"),
    [
        (None, []),
        ("abc1234", ["git checkout abc1234"]),
        (
            "abc1234-dirty",
            ["git checkout abc1234  # there were also local changes, which are in no commit"],
        ),
    ],
)
def test_commands_to_repeat_a_run_stand_on_a_line_each(tmp_path, monkeypatch, commit, first):
    made = made_up.MadeUp()
    made_up.write(tmp_path, made)
    monkeypatch.setattr(report, "commit", lambda folder: commit)
    (commands,) = re.findall(r"<pre>([^<]*make setup[^<]*)</pre>", tell(tmp_path, made))
    assert commands.strip().split("\n") == [
        *first,
        "make setup",
        ". .venv/bin/activate",
        "snakemake --cores all --configfile repeat.yaml",
    ]


def test_a_split_without_leaks_is_said_to_have_none(two_classes):
    assert "No: no validation record has a relative among the training records" in two_classes.text
    assert "as far as relatives were searched for. Searched for: the same sequence" in (
        two_classes.text
    )
    assert "at least 80% identity on either strand over 80% of the shorter" in two_classes.text
    assert "in training or validation (searched down to 80% identity)." in two_classes.text
    assert "Split." not in two_classes.text
    assert "The same on the test records without" not in two_classes.text


def test_a_leak_is_told_first_and_every_score_twice(tmp_path):
    made = made_up.MadeUp(folds=2, leaks=True)
    made_up.write(tmp_path, made)
    read = Reader(tell(tmp_path, made))
    assert (
        "Is it good? 120 of 240 test records (50.0%) are not new to the models, so the answer is "
        "based on the other 120. Yes, close to the best possible"
    ) in read.text
    assert (
        "attention_cnn reaches a test AUROC of 0.79 (0.78 to 0.80) on these records: 0.020 below"
        in (read.text)
    )
    assert "with them, attention_cnn reaches 0.89 (0.88 to 0.90)." in read.text
    assert "bootstrap samples of the test records without a relative in training" in read.text
    assert "The same on all test records, which flatter models that memorise" in read.text
    assert "and test records with one among the training or validation records, summed" in read.text
    assert "Records of each class, and how fold 1 splits them." in read.text
    assert "the same sequence 0 120 any of these 0 120" in read.text
    assert "problem Fold 2: 60 of 120 test records (50.0%) have a relative" in read.text
    first, second = (
        read.text.find(words)
        for words in (
            "0.890 0.876 to 0.904",
            "The same scores on the test records without such a relative",
        )
    )
    assert -1 < first < second < read.text.find("0.790 0.776 to 0.804", second)


@pytest.mark.parametrize("leaks", [True, False])
def test_whether_the_split_leaks_is_answered_in_one_word(tmp_path, leaks):
    made = made_up.MadeUp(leaks=leaks)
    made_up.write(tmp_path, made)
    answer = Reader(tell(tmp_path, made)).text.partition("Does the split leak? ")[2]
    assert answer.startswith("Yes: 60 of 120 test" if leaks else "No: no validation record")


def test_a_model_that_calls_all_records_one_class_is_named(tmp_path):
    made = made_up.MadeUp()
    made_up.write(tmp_path, made)
    run = next(run for run in made.runs() if made.kinds[run.model] == "baseline")
    path = run_folder(tmp_path, run) / "metrics.json"
    content = read_run_metrics(path)
    write_run_metrics(path, content | {"confusion": {"0.5": [[24, 0], [76, 0]]}})
    read = Reader(tell(tmp_path, made))
    assert "warning kmer_logistic calls every test record positive: its decisions" in read.text


# What only simulated data, several runs, several seeds, folds or more than two classes have.
ONLY = {
    "simulated": ["the best possible.", "violet frame: planted", ">Planted<"],
    "runs": ["Bars below a dot", "where a model has several runs"],
    "seeds": ["the probabilities of several seeds"],
    "folds": ["of each fold", "of the first fold", "test records and folds"],
    "classes": ["each class against the rest", "means over the classes"],
}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("has", "made"),
    [
        (set(), made_up.MadeUp(kinds={"attention_cnn": "network", "kmer": "baseline"})),
        ({"simulated", "runs", "seeds"}, made_up.MadeUp(seeds=(1, 2))),
        ({"simulated", "runs", "folds"}, made_up.MadeUp(folds=2, leaks=True)),
    ],
    ids=["imported", "seeds", "folds"],
)
def test_captions_name_only_what_is_there(tmp_path, has, made):
    made_up.write(tmp_path, made)
    made_up.draw(tmp_path, made)
    section = learned(tmp_path, made)
    figure = figure_path(
        run_folder(tmp_path, Run(**section["explained"][0])), "contributions", "png"
    )
    with whole(figure) as handle:
        handle.write(b"png")
    page = tell(tmp_path, made, section=section)
    for what, words in ONLY.items():
        for word in words:
            assert (word in page) == (what in has), word


def test_the_page_depends_on_its_inputs_alone(tmp_path):
    made = made_up.MadeUp()
    made_up.write(tmp_path, made)
    assert tell(tmp_path, made) == tell(tmp_path, made)


def test_three_classes_on_real_data_say_why_there_is_no_optimum(tmp_path):
    made = made_up.MadeUp(
        name="splice",
        classes=("ei", "ie", "neither"),
        kinds={"cnn": "network", "kmer": "baseline"},
        seeds=(1, 2),
        folds=2,
    )
    made_up.write(tmp_path, made)
    why = "the best possible is known only for simulated data."
    read = Reader(tell(tmp_path, made, section={"skipped": {"oracle": why}}))
    assert f"oracle was skipped: {why}" in read.text
    assert "means over the classes" in read.text
    assert "network, 4 runs" in read.text
    assert "best possible (" not in read.text


def test_without_a_comparison_the_page_says_that_there_was_none(tmp_path):
    made = made_up.MadeUp()
    made_up.write(tmp_path, made)
    (tmp_path / made.name / "comparison.tsv").unlink()
    read = Reader(tell(tmp_path, made))
    assert "whether a network is needed is not known, since it was not compared" in read.text
    assert "0.89 (0.87 to 0.91): not compared with the best possible (oracle, 0.910) and not " in (
        read.text
    )
    assert "note attention_cnn was not compared with kmer_logistic in AUROC." in read.text
    assert "clearly better" not in read.text


def test_unbalanced_classes_are_judged_by_a_second_metric(tmp_path):
    made = made_up.MadeUp()
    made_up.write(tmp_path, made)
    for run in made.runs():
        path = run_folder(tmp_path, run) / "metrics.json"
        content = read_run_metrics(path)
        write_run_metrics(path, content | {"confusion": {"0.5": [[20, 4], [6, 70]]}})
    read = Reader(tell(tmp_path, made))
    assert "Its AUPRC is 0.89 (0.87 to 0.91): not compared with the best possible" in read.text


def test_a_single_model_has_nothing_to_be_compared_with(tmp_path):
    made = made_up.MadeUp(kinds={"cnn": "network"})
    made_up.write(tmp_path, made)
    assert "so there is nothing to compare" in Reader(tell(tmp_path, made)).text


def several(results: Path, names=("one", "two"), **changes) -> tuple[str, dict[str, str]]:
    """Write the report of several datasets; return the overview and the page of each."""
    made = [made_up.MadeUp(name=name, **changes) for name in names]
    for its in made:
        made_up.write(results, its)
    overview = tell(results, *made)
    return overview, {path.stem: path.read_text() for path in results.glob("report/*.html")}


def test_several_datasets_have_an_overview_and_a_page_each(tmp_path):
    finding = {"severity": "warning", "message": "GC content tells the classes apart."}
    overview, pages = several(tmp_path, findings=(finding,), folds=2)
    read = Reader(overview.replace("<script>", "<!--").replace("</script>", "-->"))
    for words in (
        "one attention_cnn network, 2 runs 0.890 0.876 to 0.904 0.890 0.876 to 0.904 0.840",
        "0.910 1 warning two attention_cnn network",  # the optimum, then the next dataset
        "Is it good? Yes, close to the best possible",
        "warning GC content tells the classes apart.",
    ):
        assert words in read.text
    assert "Figures" not in read.text and "img" not in read.tags
    links = {address for address in read.addresses if not address.startswith(("#", "data:"))}
    assert links == {"report/one.html", "report/two.html"}
    assert set(pages) == {"one", "two"}
    for name, page in pages.items():
        own = Reader(page)
        assert f"What attendna found: {name}" in own.text and "Are the data sound?" in own.text
        home = {address for address in own.addresses if not address.startswith(("#", "data:"))}
        assert home == {"../report.html", "../report.html#settings", "../report.html#repeat"}
        assert {"settings", "repeat"} <= set(re.findall(r' id="([^"]+)"', overview))
        assert "script" not in own.tags and '<details class="run" open' not in page


def test_the_overview_goes_by_new_records_where_the_split_leaks(tmp_path):
    overview, _ = several(tmp_path, leaks=True)
    assert (
        "one new test records attention_cnn network 0.790"
        in Reader(overview.replace("<script>", "<!--").replace("</script>", "-->")).text
    )


def test_pages_of_datasets_that_are_gone_are_removed_and_others_stay(tmp_path):
    several(tmp_path, ("one", "two", "three"))
    mine = tmp_path / "report" / "mine.html"
    mine.write_text("by hand")
    several(tmp_path, ("one", "two"))
    assert names(tmp_path / "report") == ["mine.html", "one.html", "two.html"]
    tell(tmp_path, made_up.MadeUp(name="one"))
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["mine.html"]
    mine.unlink()
    several(tmp_path, ("one", "two"))
    tell(tmp_path, made_up.MadeUp(name="one"))
    assert not (tmp_path / "report").exists()


def test_a_dataset_without_results_stands_in_the_overview(tmp_path):
    made_up.write(tmp_path, made_up.MadeUp(name="one"))
    page = tell(tmp_path, made_up.MadeUp(name="one"), made_up.MadeUp(name="empty"))
    assert (
        "empty nothing has been measured yet – – – – none"
        in Reader(page.replace("<script>", "<!--").replace("</script>", "-->")).text
    )


def test_the_methods_are_those_of_the_run(tmp_path):
    made = made_up.MadeUp(folds=2)
    made_up.write(tmp_path, made)
    run = run_folder(tmp_path, made.runs()[0])
    (run / "train.benchmark.tsv").write_text("s\th:m:s\n90.5\t0:01:30\n")
    sources = {"data/a.fa": "0123456789abcdef" * 4}
    read = Reader(tell(tmp_path, made, section={"sources": sources}))
    box = read.text.partition("Methods Made on")[2] or read.text.partition(" Methods By")[2]
    for words in (
        "data/a.fa: 0123456789abcdef",
        "sequences.parquet: ",
        "80 training, 40 validation, 120 test in each of 2 folds",
        "15 of at most 60 epochs, batches of 32, 1,234 parameters; CPU, 2 threads, float32",
        "90 seconds, the sum over all jobs",
        "in each of 2 folds) came with the data.",
        "trained with Adam (Kingma & Ba 2015) in batches of 32",
        "Kingma & Ba 2015, Adam",
    ):
        assert words in box, words
    for words in ("integrated gradients", "Sundararajan", "JASPAR", "seeds"):  # not done
        assert words not in box.partition("evaluation:")[0]


def test_what_is_not_there_is_said_not_an_error(tmp_path):
    made = made_up.MadeUp(name="empty")
    read = Reader(tell(tmp_path, made, section={"predict": ["mine"], "scans": ["genome"]}))
    for words in (
        "not been encoded yet",
        "Nothing has been measured yet",
        "Not predicted yet",
        "Missing",
    ):
        assert words in read.text
    assert "Not scanned yet" in read.text


def test_audit_findings_are_told_with_their_severity(tmp_path):
    finding = {"severity": "problem", "message": "Two labels."}
    made = made_up.MadeUp(findings=(finding,))
    made_up.write(tmp_path, made)
    read = Reader(tell(tmp_path, made))
    assert "The audit found 1 problem: Two labels." in read.text
    assert "problem Two labels." in read.text


def test_text_from_data_can_not_become_markup(tmp_path):
    finding = {"severity": "note", "message": ATTACK}
    made = made_up.MadeUp(classes=(ATTACK, IMAGE), ids=IMAGE, findings=(finding,))
    made_up.write(tmp_path, made)
    made_up.write_prediction(tmp_path, made.name, "mine", list(made.classes))
    run = run_folder(tmp_path, Run(made.name, 1, "oracle", 1))
    with whole(run / "classification_report.txt", "w") as handle:
        handle.write(ATTACK)
    section = {"skipped": {"other": IMAGE}, "predict": ["mine"]}
    page = tell(tmp_path, made, section=section)
    read = Reader(page)
    assert "script" not in read.tags
    assert "img" not in read.tags
    assert ATTACK in read.text  # shown as text
    assert IMAGE in read.text


# ------------------------------------------------------------------------------ what was learned


def a_motif(name: str, klass: str, consensus: str, **more) -> dict:
    """Make an entry of motifs.json."""
    plain = {
        "name": name,
        "class": klass,
        "method": "kmers",
        "consensus": consensus,
        "sites": 40,
        "records": 38,
        "information": 11.0,
        "effect": 2.5,
        "position": {"mean": 9.0, "sd": 5.0, "low": 4, "high": 10, "share": 0.4, "p_value": 0.5},
        "plus": 1.0,
        "starts": [3, 9, 12],
        "counts": [[10, 10, 10, 10]] * len(consensus),
        "contributions": [[0, 0, 0, 0]] * len(consensus),
        "like": None,
        "matches": [],
        "family": None,
        "planted": None,
    }
    return plain | more


def learned(results: Path, made: made_up.MadeUp) -> dict:
    """Write motifs and scores of the first network; return the section that has it explained."""
    match = {
        "id": "MA0108.3",
        "name": ATTACK,
        "p_value": 1e-6,
        "e_value": 1e-3,
        "q_value": 0.01,
        "offset": 0,
        "strand": "-",
        "probabilities": [[0.25] * 4],
    }
    run = next(run for run in made.runs() if made.kinds[run.model] == "network")
    folder = run_folder(results, run)
    write_motifs(
        folder / "motifs.json",
        {
            "attribution": "mutagenesis",
            "records": 120,
            "parts": {"train": 30, "validation": 10, "test": 80},
            "length": 50,
            "classes": list(made.classes),
            "strands": "one",
            "tried": [f"negative: no k-mer, {IMAGE}"],
            "filters": {"described": 3, "matched": 1},
            "jaspar": "JASPAR2026 CORE, 2,633 profiles in 4,572 versions",
            "q_value": 0.1,
            "motifs": [
                a_motif(
                    "positive_1",
                    "positive",
                    "TATAAA",
                    matches=[match],
                    family={"names": ["TBP-related"], "members": [ATTACK, "TBP"]},
                ),
                a_motif(
                    "positive_2",
                    "positive",
                    "TATAA",
                    like={"motif": "positive_1", "strand": "+"},
                ),
            ],
            "planted": {"TATAAA": {"motif": "positive_1", "p_value": 1e-6}, "CAAT": None},
            "scores": {"planted": 2, "recovered": 1, "names": ["TATAAA"]},
        },
    )
    made_up_rules.write(folder, planted=[made_up_rules.planted()])
    value = {"value": 0.8, "low": 0.7, "high": 0.9}
    effect = value | {"curve": [1.0], "intact": 2.0}
    write_json(
        folder / "explanation_scores.json",
        {
            "score": value,
            "auprc": {"mutagenesis": value, "untrained_mutagenesis": value, "oracle": value},
            "top_k_recall": {"mutagenesis": value},
            "of_oracle": {"mutagenesis": value | {"value": 0.93}},
            "faithfulness": {
                "deletion": {"mutagenesis": effect, "random": effect},
                "insertion": {"mutagenesis": effect, "random": effect},
            },
            "agreement": {
                "methods": [],
                "seeds": [{"method": "mutagenesis", "seed": 2} | value],
                "untrained": {"mutagenesis": value},
            },
            "completeness": None,
            "notes": ["Agreement between seeds was not measured: only one seed was explained."],
        },
    )
    return {"explained": [run._asdict()]}


def test_what_was_learned_is_told_in_a_paragraph_from_the_numbers(tmp_path):
    made = made_up.MadeUp()
    made_up.write(tmp_path, made)
    page = tell(tmp_path, made, section=learned(tmp_path, made))
    read = Reader(page)
    assert (
        "In 120 records (80 test, filled up with 10 validation and 30 training), attention_cnn "
        "relies on 1 motif, and on 1 variant of it: for positive TATAAA; for negative none."
        in read.text
    )
    assert "TBP-related: " in read.text
    assert "Of 2 planted motifs, 1 was recovered; missed: CAAT." in read.text
    assert "Ranked by in-silico mutagenesis, the bases reach 93% of the best possible" in read.text
    assert "Deleting the bases that are called important changes the score more" in read.text
    assert "0.800 (0.700 to 0.900)" in read.text
    assert "Agreement between seeds was not measured" in read.text
    assert "in-silico mutagenesis, compared with seed 2" in read.text
    assert "attention_cnn learned 1 rule about pairs of motifs: GATTACAG→ CCGTTTGC←" in read.text
    assert "Of 1 planted pair, 1 was found." in read.text
    assert ATTACK not in page
    assert IMAGE not in page


@pytest.mark.parametrize("simulated", [True, False])
def test_the_table_of_scores_is_explained_by_its_columns(tmp_path, simulated):
    made = made_up.MadeUp()
    made_up.write(tmp_path, made)
    section = learned(tmp_path, made)
    path = run_folder(tmp_path, Run(**section["explained"][0])) / "explanation_scores.json"
    scores = read_json(path)
    if not simulated:
        scores = {name: scores[name] for name in scores if name not in ("auprc", "of_oracle")}
    write_json(path, scores)
    page = tell(tmp_path, made, section=section)
    (table,) = re.findall(r"<caption>Test records only.*?</thead>", page, re.DOTALL)
    caption, head = table.split("</caption>")
    for column in ("AUPRC", "Untrained", "Deletion", "Insertion", "Agrees with untrained"):
        told = re.search(rf"{column}( and \w+)?:|and {column.lower()}:", caption) is not None
        assert told == (f">{column}<" in head)
    assert (">Untrained<" in head) == simulated


def test_matches_of_any_organism_are_no_headline(tmp_path):
    made = made_up.MadeUp(kinds={"attention_cnn": "network"})
    made_up.write(tmp_path, made)
    section = learned(tmp_path, made)
    run = run_folder(tmp_path, Run(**section["explained"][0]))
    write_motifs(run / "motifs.json", read_motifs(run / "motifs.json") | {"scores": None})
    headline = "1 of them matches a known motif: TATAAA"
    anybody = Reader(tell(tmp_path, made, section=section)).text
    assert headline not in anybody
    assert "It has no motifs of bacteria, archaea or viruses." in anybody
    chosen = Reader(tell(tmp_path, made, section=section, taxa=["vertebrates"])).text
    assert headline in chosen
    assert "of these groups of organisms only: vertebrates." in chosen


def test_a_run_whose_explanation_is_missing_is_said_to_be_so(tmp_path):
    made = made_up.MadeUp()
    made_up.write(tmp_path, made)
    run = next(run for run in made.runs() if made.kinds[run.model] == "network")
    read = Reader(tell(tmp_path, made, section={"explained": [run._asdict()]}))
    assert "No motifs were looked for." in read.text
    assert f"{run.model}/seed{run.seed}/motifs.json" in read.text
