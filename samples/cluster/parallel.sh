#!/bin/bash
# A library in shards on some machines that see the same folders, by GNU Parallel over ssh.
#
# usage: parallel.sh VIDEOS OUT SHARDS HOSTS [flag of forgebatch plan…]
#
# HOSTS is a list for --sshlogin: 1/node1,1/node2 starts one shard at a time on each, and each shard uses all cores of its
# machine. `:` is this machine. The same command again takes up what is left of the newest plan that is not joined.
set -euo pipefail
[ $# -ge 4 ] || { sed -n 's/^# \?//; 2,7p' "$0" >&2; exit 64; }
videos=$1 out=$2 shards=$3 hosts=$4
shift 4

# A new plan would do all that shards have done and nobody joined once more.
told=$(forgebatch status "$out" --json 2>/dev/null) || true
if [[ $told == *'"joined":false'* ]]; then
    shards=$(grep -o '"shard":' <<<"$told" | wc -l)
else
    told=$(forgebatch plan "$videos" -o "$out" --shards "$shards" --json "$@") || [ -n "$told" ] || exit
fi
out=$(cd -- "$out" && pwd)
run=$(sed -E 's/.*"run_id":"([^"]*)".*/\1/' <<<"$told")
plan=$out/runs/$run
log=$plan/parallel.log

# Without a shared connection: with ControlMaster a TERM does not come to the other machine. --retries starts a shard again on
# another host when one is lost. Status 3 says that a video failed, which no other try changes.
work() { # OPTION…
    seq 0 $((shards - 1)) | parallel --joblog "$log" --sshlogin "$hosts" --ssh 'ssh -o ControlMaster=no' --retries 3 "$@" \
        "${FORGEBATCH:-forgebatch} run --plan ${plan@Q} --shard {} || [ \$? -eq 3 ]"
}
work || work --resume-failed || true
forgebatch status "$out" "$run"
forgebatch merge "$out" "$run"
