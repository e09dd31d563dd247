#!/usr/bin/env bash
# Runs a command in a copy of this checkout on Debian 13, below a root folder that debootstrap makes once.
#
#     Tests/scripts/in-debian13.sh make test run
#     Tests/scripts/in-debian13.sh --possible     only says whether it can, by its exit status, and why not
#
# Needs root, debootstrap (installed when apt has it) and a Swift toolchain. Nothing stays mounted: the mounts are in a
# name space of the command's own. The copy keeps what it has built, so the second run is fast.
#
#     DEBIAN13_ROOT     the folder; .build-debian13/root of the checkout (about 3 GB when all is built)
#     DEBIAN_MIRROR     where Debian's packages come from; as this system's apt says, else deb.debian.org
#     SWIFT_TOOLCHAIN   the folder that holds the toolchain's usr/; that of `swift` in PATH
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
checkout=$PWD
root=${DEBIAN13_ROOT:-$checkout/.build-debian13/root}

# What compiling needs besides the toolchain, and the libraries that the toolchain's own programs are linked with.
# The rest is for `make deps` to install.
packages=(ca-certificates git make pkg-config python3 libc6-dev libstdc++-14-dev binutils
    libcurl4t64 libedit2 libncurses6 libsqlite3-0 libuuid1 libxml2 zlib1g-dev)

cannot() {
    echo "in-debian13: $*" >&2
    exit 69
}

toolchain() {
    local swift
    if [ -n "${SWIFT_TOOLCHAIN:-}" ]; then
        echo "$SWIFT_TOOLCHAIN"
    elif swift=$(command -v swift); then
        # Not followed to its end: swift is a link to swift-driver beside it, or one into the toolchain.
        dirname "$(dirname "$(dirname "$(readlink -f "$swift")")")"
    fi
}

# This system's first Debian mirror, from either form of apt's sources.
mirror() {
    [ -z "${DEBIAN_MIRROR:-}" ] || { echo "$DEBIAN_MIRROR"; return; }
    local found
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
        sed -n -E 's/^(deb +(\[[^]]*\] +)?|URIs: *)(https?:[^ ]*\/debian)\/?( .*)?$/\3/p' | head -n 1) || true
    echo "${found:-http://deb.debian.org/debian}"
}

swift_root=$(toolchain)
[ "$(id -u)" = 0 ] || cannot "needs root"
[ -x "$swift_root/usr/bin/swift" ] || cannot "no Swift toolchain; set SWIFT_TOOLCHAIN to the folder that holds its usr/"
[ "$(realpath "$swift_root")" != / ] ||
    cannot "the Swift toolchain lies in /usr itself; set SWIFT_TOOLCHAIN to one in a folder of its own"
unshare -m true 2>/dev/null || cannot "unshare -m is not permitted here"
if ! command -v debootstrap >/dev/null; then
    [ "${1:-}" = --possible ] ||
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq debootstrap >/dev/null; } ||
        cannot "no debootstrap"
    apt-cache show debootstrap >/dev/null 2>&1 || cannot "no debootstrap"
fi
[ "${1:-}" != --possible ] || exit 0
[ $# -gt 0 ] || cannot "no command"

mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock --nonblock 9 || { echo "in-debian13: waiting for another command in $root"; flock 9; }

wanted="trixie ${packages[*]}"
if [ "$(cat "$root/.forgebatch-root" 2>/dev/null)" != "$wanted" ]; then
    echo "in-debian13: making $root (some minutes)"
    rm -rf -- "$root"
    mkdir -p "$root"
    unshare -m debootstrap --variant=minbase --include="$(IFS=,; echo "${packages[*]}")" trixie "$root" "$(mirror)" \
        >"$root.log" 2>&1 || { tail -n 20 "$root.log" >&2; cannot "debootstrap failed; its log is $root.log"; }
    # Services have no place in here, and a disk cache of packages neither.
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod +x "$root/usr/sbin/policy-rc.d"
    rm -f "$root"/var/cache/apt/archives/*.deb
    echo "$wanted" >"$root/.forgebatch-root"
fi

# How this machine reaches the network and where it keeps copies of packages.
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
apt-config dump 2>/dev/null | grep -E '^Acquire::(http|https)::Proxy ' >"$root/etc/apt/apt.conf.d/90proxy" || true
[ ! -e /etc/ssl/certs/ca-certificates.crt ] || cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
[ ! -e /etc/pip.conf ] || cp -L /etc/pip.conf "$root/etc/pip.conf"
rewriting='^url\..*\.(insteadof|pushinsteadof)$'
: >"$root/etc/gitconfig"
binds=("$swift_root")
for scope in --system --global; do
    while read -r key value; do
        git config -f "$root/etc/gitconfig" --add "$key" "$value"
        folder=${key#url.}
        folder=${folder%.*}
        case $folder in
        /*) [[ " ${binds[*]} " == *" ${folder%/} "* ]] || binds+=("${folder%/}") ;;
        esac
    done < <(git config "$scope" --get-regexp "$rewriting" 2>/dev/null || true)
done

# The sources as they are here, committed or not; what was built there stays.
copy=$root/src/forgebatch
mkdir -p "$copy"
find "$copy" -mindepth 1 -maxdepth 1 ! -name '.build*' ! -name '.venv*' ! -name samples.forgebatch \
    -exec rm -rf -- {} +
git -c safe.directory="$checkout" ls-files -z --cached --others --exclude-standard |
    while IFS= read -r -d '' path; do [ -e "$path" ] && printf '%s\0' "$path"; done |
    tar --null --no-recursion -T - -c | tar -x -C "$copy"
[ ! -d "$checkout/../shared" ] || binds+=("$(realpath "$checkout/../shared"):/src/shared")

export swift_root root
exec unshare -m bash -euo pipefail -c '
    count=$1
    shift
    for bind in "${@:1:count}"; do
        from=${bind%%:*}
        to=$root${bind##*:}
        mkdir -p "$to"
        mount --rbind "$from" "$to"
        mount -o remount,bind,ro "$to"
    done
    shift "$count"
    mount -t proc proc "$root/proc"
    mount --rbind /sys "$root/sys"
    mount --rbind /dev "$root/dev"
    export PATH="$swift_root/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" LC_ALL=C.UTF-8
    exec chroot "$root" bash -c '\''cd /src/forgebatch && exec "$@"'\'' bash "$@"
' bash "${#binds[@]}" "${binds[@]}" "$@"
