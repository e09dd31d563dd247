#!/usr/bin/env bash
# Installs a built forgebatch: the binary without its symbols, manual pages, completions and documents.
#
#     packaging/install.sh BINARY ROOT PREFIX     into ROOT/PREFIX; ROOT is empty but for packages
#
# ZSH_FOLDER is where zsh looks for completions below PREFIX: share/zsh/site-functions, or what a package uses.
set -euo pipefail
[ $# -eq 3 ] || { echo "usage: packaging/install.sh BINARY ROOT PREFIX" >&2; exit 64; }
binary=$(realpath "$1")
target=$2$3
cd "$(dirname "${BASH_SOURCE[0]}")/.."
zsh=${ZSH_FOLDER:-share/zsh/site-functions}

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
python3 packaging/make-manual.py "$binary" "$work/man"

install -d "$target/bin" "$target/share/man/man1" "$target/share/doc/forgebatch/schema"
install -m 755 "$binary" "$target/bin/forgebatch"
# Stripped, a crash's backtrace has addresses only; with the same build's binary they have names again.
if command -v strip >/dev/null; then strip -s "$target/bin/forgebatch"; fi
install -m 644 "$work"/man/*.1 "$target/share/man/man1"
install -m 644 README.md LICENSE CHANGELOG.md docs/*.md "$target/share/doc/forgebatch"
install -m 644 docs/schema/*.json "$target/share/doc/forgebatch/schema"

# The programs of plugins get it from the binary; this copy is for those who write them.
install -D -m 644 python/forgebatch_plugin.py "$target/share/forgebatch/python/forgebatch_plugin.py"

completion() { # SHELL FOLDER NAME
    # It is read by a shell and never run.
    "$binary" --generate-completion-script "$1" | sed '1{/^#!/d}' >"$work/$3"
    install -D -m 644 "$work/$3" "$target/$2/$3"
}
completion bash share/bash-completion/completions forgebatch
completion zsh "$zsh" _forgebatch
completion fish share/fish/vendor_completions.d forgebatch.fish
