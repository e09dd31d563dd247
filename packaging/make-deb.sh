#!/usr/bin/env bash
# Makes a Debian package of a built forgebatch, for the system that it was built on: FOLDER/forgebatch_VERSION_ARCH.deb.
#
#     packaging/make-deb.sh BINARY FOLDER
#
# Needs dpkg-dev. The same binary and commit give the same bytes: times are those of the last commit, or SOURCE_DATE_EPOCH.
# MAINTAINER names who answers for the package, COMPRESSION how it is packed (xz).
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: packaging/make-deb.sh BINARY FOLDER" >&2; exit 64; }
binary=$(realpath "$1")
mkdir -p "$2"
folder=$(realpath "$2")
cd "$(dirname "${BASH_SOURCE[0]}")/.."
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
umask 022

version=$("$binary" --version)
architecture=$(dpkg --print-architecture)
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
root=$work/debian/forgebatch

ZSH_FOLDER=share/zsh/vendor-completions packaging/install.sh "$binary" "$root" /usr
gzip -9n "$root"/usr/share/man/man1/*.1
doc=$root/usr/share/doc/forgebatch
# Debian's own: the licence is part of copyright, and the package has a changelog of its form.
rm "$doc/LICENSE"
maintainer=${MAINTAINER:-forgebatch contributors <forgebatch@packages.invalid>}
printf 'forgebatch (%s) unstable; urgency=medium\n\n  * See CHANGELOG.md.\n\n -- %s  %s\n' "$version" "$maintainer" \
    "$(LC_ALL=C date --utc --date="@$SOURCE_DATE_EPOCH" '+%a, %d %b %Y %H:%M:%S +0000')" >"$doc/changelog"
gzip -9n "$doc/changelog"
install -m 644 packaging/copyright "$doc/copyright"
install -D -m 644 samples/cron/crontab "$doc/examples/crontab"
units=$root/usr/lib/systemd/system
install -d "$units"
for unit in forgebatch.service forgebatch.timer; do
    sed 's|/usr/local/bin/|/usr/bin/|' "samples/cron/$unit" >"$units/$unit"
    chmod 644 "$units/$unit"
done
sed -i 's|/usr/local/bin/|/usr/bin/|' "$doc/examples/crontab"

install -d "$root/DEBIAN"
install -m 755 packaging/prerm packaging/postrm "$root/DEBIAN"
# The libraries that it is linked with, in the versions that this system has.
printf 'Source: forgebatch\n\nPackage: forgebatch\nArchitecture: any\n' >"$work/debian/control"
depends=$(cd "$work" && dpkg-shlibdeps -O debian/forgebatch/usr/bin/forgebatch | sed 's/^shlibs:Depends=//')
size=$(find "$root" -path "$root/DEBIAN" -prune -o -type f -printf '%s\n' |
    awk '{ total += int(($1 + 1023) / 1024) } END { print total }')
cat >"$root/DEBIAN/control" <<END
Package: forgebatch
Version: $version
Architecture: $architecture
Maintainer: $maintainer
Installed-Size: $size
Depends: $depends
Section: video
Priority: optional
Description: offline batch video processor with a static HTML report
 Point it at a folder of videos. It analyses them in parallel, each in a
 confined process of its own, and leaves strict per-frame JSON for every
 video, an append-only progress log for the run, and a report that opens
 with a double-click. No database, no server, no network.
 .
 A systemd timer for nightly runs is installed and not enabled.
END
(cd "$root" && find . -path ./DEBIAN -prune -o -type f -printf '%P\n' | LC_ALL=C sort | xargs -d '\n' md5sum \
    >DEBIAN/md5sums)
find "$root" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
package=$folder/forgebatch_${version}_$architecture.deb
dpkg-deb --root-owner-group -Z"${COMPRESSION:-xz}" --build "$root" "$package" >/dev/null
echo "$package"
