#!/usr/bin/env bash
# From real captures to scores: sets the machine up, builds, ingests the lab captures, computes features, trains four
# models, evaluates them on sessions they never saw, exports TorchScript and scores a held-out session.
# usage: scripts/demo.sh [--out DIR]     DIR (default demo/) is the demo's own: a former one is replaced
set -euo pipefail
cd "$(dirname "$0")/.."
out=demo
case "${1:-}" in
  "") ;;
  --out) out=${2:?--out needs a folder} ;;
  -h|--help) sed -n '2,4p' "$0" | cut -c3-; exit 0 ;;
  *) echo "demo: unknown argument $1; see scripts/demo.sh --help" >&2; exit 2 ;;
esac
if [ -e "$out" ] && [ ! -e "$out/nta-demo" ]; then
  echo "demo: $out exists and is no former demo; name another folder with --out" >&2
  exit 2
fi

title() { echo; echo "== $* ($SECONDS s)"; }

title "set-up and build"
scripts/setup.sh
scripts/build.sh release nta
export PATH="$PWD/build/release:$PATH" NTA_PROGRESS_S=15

rm -rf "$out" && mkdir -p "$out" && touch "$out/nta-demo"
captures=(experiments/data/lab/lab-*.pcap.zst)
held_out=experiments/data/lab/lab-20.pcap.zst
labels=experiments/data/lab/labels.json

title "captures -> shards"
nta ingest "${captures[@]}" --out "$out/shards"

title "shards -> one row of features per flow"
nta features "$out/shards" --labels "$labels" --out "$out/flows.h5"

models=(lab-linear lab-mlp lab-lstm lab-autoencoder)
for model in "${models[@]}"; do
  title "train $model"
  nta train "experiments/$model.json" --run "$out/runs/$model"
done

title "evaluation on the sessions held out from training"
for model in "${models[@]}"; do
  echo "-- $model"
  nta evaluate "$out/runs/$model" --on test
done

title "export with parity check"
for model in lab-mlp lab-autoencoder; do
  nta export "$out/runs/$model" --out "$out/models/$model"
done

title "scores of $held_out, which no model was trained on"
nta score "$out/models/lab-mlp" "$held_out" --out "$out/scores-classes.csv"
nta score "$out/models/lab-autoencoder" "$held_out" --out "$out/scores-anomaly.csv"
head -n 4 "$out/scores-classes.csv"

title "done"
cat <<END
run folders   $out/runs/{$(IFS=,; echo "${models[*]}")}
models        $out/models/lab-mlp/model.pt (TorchScript), $out/models/lab-autoencoder/model.pt
scores        $out/scores-classes.csv, $out/scores-anomaly.csv
features      $out/flows.h5

Try next:
  build/release/nta inspect $out/flows.h5
  build/release/nta train experiments/lab-mlp.json --set training.optimizer.lr=0.01 --run $out/runs/other
  build/release/nta score $out/models/lab-mlp YOUR.pcap --out your-scores.csv
END
