#!/usr/bin/env bash
# Installs a package in a fresh root folder of this Debian, runs forgebatch on samples there, removes the package and looks
# that nothing is left.
#
#     packaging/try-deb.sh PACKAGE
#     packaging/try-deb.sh --possible     only says whether it can, by its exit status, and why not
#
# Needs root and debootstrap. The folder goes when all is done; its mounts are in a name space of the script's own.
#
#     DEB_ROOT          the folder; a temporary one
#     DEBIAN_MIRROR     where Debian's packages come from; as this system's apt says, else deb.debian.org
set -euo pipefail

cannot() {
    echo "try-deb: $*" >&2
    exit 69
}

failed() {
    echo "try-deb: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || cannot "needs root"
[ -r /etc/debian_version ] || cannot "this system is no Debian"
unshare -m true 2>/dev/null || cannot "unshare -m is not permitted here"
command -v debootstrap >/dev/null || cannot "no debootstrap: apt-get install debootstrap"
[ "${1:-}" != --possible ] || exit 0
[ $# -eq 1 ] || { echo "usage: packaging/try-deb.sh PACKAGE" >&2; exit 64; }

package=$(realpath "$1")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [ -z "${TRY_DEB_INSIDE:-}" ]; then
    DEB_ROOT=${DEB_ROOT:-$(mktemp -d /var/tmp/try-deb.XXXXXX)}
    export DEB_ROOT
    trap 'rm -rf --one-file-system -- "$DEB_ROOT"' EXIT
    TRY_DEB_INSIDE=1 unshare -m "$0" "$package"
    exit
fi

root=$DEB_ROOT
# shellcheck disable=SC1091
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -n -E 's/^(deb +(\[[^]]*\] +)?|URIs: *)(https?:[^ ]*\/debian)\/?( .*)?$/\3/p' | head -n 1) || true
mirror=${DEBIAN_MIRROR:-${found:-http://deb.debian.org/debian}}
echo "try-deb: making $root"
debootstrap --variant=minbase "$suite" "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2; rm -f "$root.log"; cannot "debootstrap failed"; }
rm -f "$root.log"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
# Manual pages are left out of small images otherwise.
rm -f "$root"/etc/dpkg/dpkg.cfg.d/docker*
cp -L /etc/resolv.conf "$root/etc/resolv.conf"
apt-config dump 2>/dev/null | grep -E '^Acquire::(http|https)::Proxy ' >"$root/etc/apt/apt.conf.d/90proxy" || true
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"

inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive "$@"; }
files() { (cd "$root" && find . -xdev \( -path ./tmp -o -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg \
    -o -path ./var/log -o -path ./proc -o -path ./dev \) -prune -o -printf '%P\n' | LC_ALL=C sort); }

# The libraries first, so that what is compared is the package alone.
cp "$package" "$root/tmp/forgebatch.deb"
inside apt-get update -qq
# shellcheck disable=SC2046
inside apt-get install -y -qq --no-install-recommends \
    $(dpkg-deb -f "$package" Depends | tr ',' '\n' | sed 's/(.*//; s/|.*//') >/dev/null 2>&1
wants=etc/systemd/system/timers.target.wants
mkdir -p "$root/$wants"
files >"$root/tmp/before"
inside dpkg -i /tmp/forgebatch.deb >/dev/null
echo "try-deb: installed $(inside forgebatch --version)"

[ "$(inside dpkg -V forgebatch)" = "" ] || failed "files are not those of the package"
for file in usr/share/man/man1/forgebatch.1.gz usr/share/man/man1/forgebatch-run.1.gz \
    usr/share/bash-completion/completions/forgebatch usr/share/zsh/vendor-completions/_forgebatch \
    usr/share/fish/vendor_completions.d/forgebatch.fish usr/share/doc/forgebatch/copyright \
    usr/lib/systemd/system/forgebatch.service usr/lib/systemd/system/forgebatch.timer; do
    [ -s "$root/$file" ] || failed "$file is not there"
done
[ ! -e "$root/$wants/forgebatch.timer" ] || failed "the timer is enabled"
inside bash -c 'bash -n /usr/share/bash-completion/completions/forgebatch'

mkdir -p "$root/tmp/samples"
cp samples/h264-scenes.mp4 samples/vp9.webm samples/truncated.mp4 samples/not-a-video.mp4 "$root/tmp/samples"
# Two of them are broken on purpose.
status=0
inside forgebatch run /tmp/samples --out /tmp/out || status=$?
[ "$status" = 3 ] || failed "run ended with $status, 3 was wanted"
[ -s "$root/tmp/out/report/index.html" ] || failed "there is no report"
inside forgebatch validate /tmp/out
inside forgebatch show /tmp/out truncated.mp4 >/dev/null

# As if somebody had enabled it.
ln -s /usr/lib/systemd/system/forgebatch.timer "$root/$wants/forgebatch.timer"
inside dpkg -r forgebatch >/dev/null
inside dpkg -P forgebatch >/dev/null 2>&1 || true
files >"$root/tmp/after"
diff "$root/tmp/before" "$root/tmp/after" >&2 || failed "something is left"
echo "try-deb: removed, and nothing is left"
