"""The scripts that find motifs and draw them, on contributions whose motifs are known."""

import json

import made_up_rules
import numpy as np
import pytest
from contributions import planted, random_bases

import find_motifs
import plot_explanations
from attendna.contracts.arrays import write_arrays
from attendna.contracts.attributions import Attributions, write_attributions
from attendna.contracts.encoded import write_encoded
from attendna.contracts.motifs import read_meme, read_motif_matches, read_motifs
from attendna.contracts.sequences import read_bed
from attendna.errors import UserError
from attendna.explanation import tfmodisco

HOW = {
    "attribution": "auto",
    "method": "auto",
    "strands": "one",
    "min_sites": 10,
    "most": 20,
    "jaspar": "none",
    "q_value": 0.1,
    "seed": 1,
}
FILES = {
    "motifs": "motifs.json",
    "meme": "motifs.meme",
    "filter-meme": "filters.meme",
    "matches": "motif_matches.tsv",
    "hits": "motif_hits.bed",
}
SIMULATION = {
    "sequences": 240,
    "length": 80,
    "seed": 1,
    "classes": {
        "hit": {"fraction": 0.5, "planted": 1, "motifs": ["GATTACAG", "CCGTTTGC"]},
        "other": {"fraction": 0.5, "planted": 0.5, "motifs": ["TTTTTTTT"]},
    },
}


def explained(folder, bases, evidence, classes=("hit", "other"), called="record"):
    """Write what `attribute` would: every record explained for the first class."""
    x = np.eye(4, dtype=np.uint8)[bases]
    n, length = bases.shape
    write_encoded(
        folder / "encoded.npz",
        iter([x]),
        x.shape,
        np.arange(n) % 2,
        np.full(n, length),
        list(classes),
        classes[0],
    )
    stored = Attributions(
        ids=np.array([f"{called}{i}" for i in range(n)]),
        records=np.arange(n),
        parts=np.repeat(["test", "train"], [n - n // 4, n // 4]),
        target=np.zeros(n, int),
        scores=evidence.sum(axis=1),
        methods={"gradient": (x * evidence[:, :, None]).astype(np.float32)},
        scales=np.array([7]),
        attention=np.full((n, 1, length), 1 / length),
        attention_scores=np.abs(evidence),
        baselines=np.array([]),
        differences=np.zeros((n, 0)),
        totals=np.zeros((n, 0)),
    )
    write_attributions(folder / "attributions.npz", stored)
    kernel = np.eye(4)[["ACGT".index(letter) for letter in "GATTACAG"]][:, :, None]
    write_arrays(folder / "filters.npz", {"filters_8": kernel.astype(np.float32)})


def find(folder, simulation=None, **changes):
    inputs = [f"--{name}={folder / name}.npz" for name in ("attributions", "filters", "encoded")]
    outputs = [f"--{flag}={folder / name}" for flag, name in FILES.items()]
    more = [f"--simulation={json.dumps(simulation)}"] if simulation else []
    settings = f"--settings={json.dumps(HOW | changes)}"
    find_motifs.main([*inputs, *outputs, *more, settings])
    return read_motifs(folder / "motifs.json")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    """240 records of 80 bases, each with one of two words; half of the report's story."""
    folder = tmp_path_factory.mktemp("found")
    made, starts = planted(["GATTACAG", "CCGTTTGC"])
    explained(folder, made.bases, made.evidence.astype(float))
    return folder, starts, find(folder, SIMULATION)


def test_the_planted_are_recovered_and_what_is_missing_is_named(found):
    _, _, told = found
    assert [motif["consensus"] for motif in told["motifs"]] == ["GATTACAG", "CCGTTTGC"] or [
        motif["consensus"] for motif in told["motifs"]
    ] == ["CCGTTTGC", "GATTACAG"]
    assert {motif["class"] for motif in told["motifs"]} == {"hit"}
    assert told["scores"] == {"planted": 3, "recovered": 2, "names": ["GATTACAG", "CCGTTTGC"]}
    assert told["planted"]["TTTTTTTT"] is None
    assert {motif["planted"]["name"] for motif in told["motifs"]} == {"GATTACAG", "CCGTTTGC"}


def test_it_says_what_was_tried(found):
    _, _, told = found
    assert told["records"] == 240
    assert told["parts"] == {"train": 60, "validation": 0, "test": 180}
    assert "Class hit: TF-MoDISco needs sequences of 100 bases, and these have 80." in told["tried"]
    assert any(sentence.startswith("Class other: no k-mer") for sentence in told["tried"])


def test_without_modisco_lite_the_default_goes_on_and_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(tfmodisco, "find_spec", lambda name: None)
    made, _ = planted(["GATTACAG", "CCGTTTGC"], rows=240, length=120)
    explained(tmp_path, made.bases, made.evidence.astype(float))
    with pytest.raises(UserError) as caught:
        find(tmp_path, method="tfmodisco")
    assert str(caught.value) == (
        "explain.motifs.method: tfmodisco needs the package modisco-lite, which is not installed; "
        "install it, or set auto or kmers."
    )
    assert not (tmp_path / "motifs.json").exists()
    told = find(tmp_path)
    assert {motif["consensus"] for motif in told["motifs"]} >= {"GATTACAG", "CCGTTTGC"}
    said = "TF-MoDISco is left out, because the package modisco-lite is not installed."
    assert f"Class hit: {said}" in told["tried"]


def test_hits_stand_where_the_words_were_planted(found):
    folder, starts, told = found
    names = {motif["name"]: motif["consensus"] for motif in told["motifs"]}
    hits = read_bed(folder / "motif_hits.bed")
    assert (hits["end"] - hits["start"] == 8).all()
    assert hits["score"].between(0, 1000).all()
    words = ["GATTACAG", "CCGTTTGC"]
    right = [
        starts[row] in set(own["start"])
        and {names[name] for name in own["name"]} >= {words[row % 2]}
        for row, own in ((int(i.removeprefix("record")), own) for i, own in hits.groupby("chrom"))
    ]
    assert len(right) > 230
    assert np.mean(right) > 0.95


def test_names_that_files_can_not_hold_come_back(tmp_path):
    made, _ = planted(["GATTACAG", "CCGTTTGC"])
    evidence = made.evidence.astype(float)
    explained(tmp_path, made.bases, evidence, ('5" open box', "5%"), '#my "record" ')
    told = find(tmp_path)
    names = [motif["name"] for motif in told["motifs"]]
    assert names == ['5" open box_1', '5" open box_2']
    hits = read_bed(tmp_path / "motif_hits.bed")
    assert set(hits["name"]) == set(names)
    assert set(hits["chrom"]) <= {f'#my "record" {i}' for i in range(len(made.bases))}
    for line in (tmp_path / "motif_hits.bed").read_text().splitlines():
        assert len(line.split()) == len(line.split("\t")) == 6 and '"' not in line
        assert not line.startswith("#")
    assert [motif.name for motif in read_meme(tmp_path / "motifs.meme")] == names
    lines = (tmp_path / "motifs.meme").read_text().splitlines()
    identifiers = [line.split()[1] for line in lines if line.startswith("MOTIF")]
    assert identifiers == ["5%22%20open%20box_1", "5%22%20open%20box_2"]


def test_the_meme_files_hold_the_motifs_and_the_filters(found):
    folder, _, told = found
    motifs = read_meme(folder / "motifs.meme")
    assert [motif.name for motif in motifs] == [motif["name"] for motif in told["motifs"]]
    assert [motif.sites for motif in motifs] == [motif["sites"] for motif in told["motifs"]]
    (of_filter,) = read_meme(folder / "filters.meme")
    assert of_filter.name == "filters_8_0"
    assert "".join("ACGT"[i] for i in of_filter.probabilities.argmax(axis=1)) == "GATTACAG"


@pytest.mark.thorough
def test_equal_inputs_make_equal_files(found, tmp_path):
    folder, _, _ = found
    for name in ("attributions", "filters", "encoded"):
        (tmp_path / f"{name}.npz").write_bytes((folder / f"{name}.npz").read_bytes())
    find(tmp_path, SIMULATION)
    for name in FILES.values():
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


@pytest.mark.parametrize(("rows", "length"), [(20, 40), (20, 200), (2, 12)])
def test_few_records_end_well_and_say_what_could_not_be_done(tmp_path, rows, length):
    evidence = np.random.default_rng(0).normal(0, 1e-4, (rows, length))
    explained(tmp_path, random_bases(rows, length, 1), evidence)
    told = find(tmp_path, SIMULATION)
    assert told["motifs"] == []
    assert told["scores"] == {"planted": 3, "recovered": 0, "names": []}
    assert any("TF-MoDISco needs" in sentence for sentence in told["tried"])
    assert "No motif was found." in told["tried"]
    assert read_meme(tmp_path / "motifs.meme") == []
    assert read_motif_matches(tmp_path / "motif_matches.tsv").empty
    draw(tmp_path)


def test_attributions_that_are_not_there_are_an_error(tmp_path):
    explained(tmp_path, random_bases(20, 40, 1), np.zeros((20, 40)))
    with pytest.raises(UserError, match=r"no attributions by mutagenesis; add it to explain\."):
        find(tmp_path, attribution="mutagenesis")


def draw(folder, *more):
    inputs = [f"--{name}={folder / name}.npz" for name in ("attributions", "encoded")]
    inputs += [f"--motifs={folder / 'motifs.json'}", f"--hits={folder / 'motif_hits.bed'}"]
    inputs += made_up_rules.write(folder)
    settings = json.dumps({"dpi": 50, "explained_records": 3})
    plot_explanations.main(
        [*inputs, *more, f"--settings={settings}", f"--figures={folder / 'figures'}"]
    )


@pytest.mark.thorough
def test_every_figure_is_drawn_and_equal_inputs_make_equal_pictures(found, tmp_path):
    folder, starts, _ = found
    planted_in = tmp_path / "planted.bed"
    planted_in.write_text(f"record0\t{starts[0]}\t{starts[0] + 8}\tGATTACAG\t0\t+\n")
    names = ("motifs", "motif_positions", "contributions", "rules")
    drawn = []
    for _ in range(2):
        draw(folder, f"--planted={planted_in}")
        drawn.append([(folder / "figures" / f"{name}.png").read_bytes() for name in names])
    assert all(len(each) > 2000 for each in drawn[0])
    assert drawn[0] == drawn[1]


@pytest.mark.thorough
def test_groups_of_organisms_say_what_motifs_are_compared_with():
    assert find_motifs.compared_with("none") == ([], None)
    boxes, described = find_motifs.compared_with(["bacteria"])
    assert {"RpoD-10", "RpoD-35"} <= {target.identifier for target in boxes}
    assert described == f"{len(boxes)} boxes of bacterial sigma factors as published"
    diatoms, alone = find_motifs.compared_with(["diatoms"])
    both, together = find_motifs.compared_with(["bacteria", "diatoms"])
    assert len(both) == len(boxes) + len(diatoms)
    assert together == f"{alone} and {described}"
    everything, of_all = find_motifs.compared_with("all")
    assert "sigma" not in of_all and not {t.identifier for t in boxes} & {
        t.identifier for t in everything
    }
