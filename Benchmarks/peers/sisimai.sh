#!/usr/bin/env bash
# Debian's Sisimai (libsisimai-perl), unpacked beside the system.
#
#   sisimai.sh fetch DIR        fetches and unpacks it, and the Perl modules that it needs, below DIR
#   sisimai.sh read DIR MBOX    reads a mailbox as its users do and prints what it found as JSON
set -euo pipefail
cmd=${1:-} dir=${2:-}
case $cmd in
fetch)
    [ -d "$dir/usr/share/perl5/Sisimai" ] && exit 0
    mkdir -p "$dir/debs"
    packages=$(apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
        --no-enhances libsisimai-perl | grep -E '^lib[a-z0-9-]*-perl$' | sort -u)
    # shellcheck disable=SC2086
    (cd "$dir/debs" && apt-get -q download $packages) >&2 ||
        { echo "sisimai: could not fetch libsisimai-perl; apt-get update?" >&2; exit 69; }
    for file in "$dir"/debs/*.deb; do dpkg -x "$file" "$dir"; done ;;
read)
    # Modules with a compiled part lie below the name of the machine.
    for part in "$dir"/usr/lib/*/perl5/5.*; do [ -d "$part" ] && PERL5LIB=${PERL5LIB:-}:$part; done
    export PERL5LIB=$dir/usr/share/perl5:${PERL5LIB:-}
    exec perl -MSisimai -e 'print Sisimai->dump($ARGV[0], delivered => 1, vacation => 1)' "$3" ;;
*) sed -n 4,5p "$0" >&2; exit 64 ;;
esac
