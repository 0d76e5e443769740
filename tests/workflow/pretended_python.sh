#!/bin/bash
# Stands in for Python where the order of jobs is tested and not what they compute. Each output
# becomes a digest of the command and of all that the job reads, so that whatever was made from
# something else than it should shows in everything that follows from it.
# FAILING and KILLED: the rules whose jobs are to end badly, as in "|train|split|".
name=${1##*/}
name=${name%.py}
case " $* " in
    *" --chunk "*) name=${name}_chunk ;; # as its rule
    *" --onnx "*) name=${name}_onnx ;;
esac
case $FAILING in
    *"|$name|"*)
        echo "error: as the test wants" >&2
        exit 1
        ;;
esac
case $KILLED in
    *"|$name|"*) kill -KILL $$ ;;
esac
inputs=()
outputs=()
for word; do
    if [ "$name" = plot_explanations ] && [ "$before" = --figures ]; then
        outputs+=("$word"/{motifs,motif_positions,contributions,rules}.{svg,png,pdf})
    elif [ -d "$word" ]; then # the results, for the report
        while IFS= read -r path; do
            inputs+=("$path")
        done < <(find "$word" -type f ! -name '*.log' ! -name '*.benchmark.tsv' | sort)
    elif [ -f "$word" ]; then
        inputs+=("$word")
    elif [[ $word == results/* && $before != --state ]]; then # Snakemake has removed the old one
        outputs+=("$word")
    fi
    if [ "$name" = score_variants ] && [ "$before" = --vcf ]; then
        outputs+=("$word.tbi") # beside it
    fi
    before=$word
done
digest=$({ printf '%s\n' "$@" && cat "${inputs[@]}"; } | sha256sum)
for output in "${outputs[@]}"; do
    echo "$output ${digest%% *}" >"$output"
done
