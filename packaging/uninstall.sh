#!/usr/bin/env bash
# Removes what install.sh put there; folders that others may use stay.
#
#     packaging/uninstall.sh ROOT PREFIX
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: packaging/uninstall.sh ROOT PREFIX" >&2; exit 64; }
target=$1$2
rm -f -- "$target/bin/forgebatch" "$target"/share/man/man1/forgebatch.1 "$target"/share/man/man1/forgebatch-*.1 \
    "$target/share/bash-completion/completions/forgebatch" \
    "$target/${ZSH_FOLDER:-share/zsh/site-functions}/_forgebatch" \
    "$target/share/fish/vendor_completions.d/forgebatch.fish"
rm -rf -- "$target/share/doc/forgebatch" "$target/share/forgebatch/python"
# Plugins that others put beside it stay.
if [ -d "$target/share/forgebatch" ]; then rmdir --ignore-fail-on-non-empty -- "$target/share/forgebatch"; fi
