#!/usr/bin/env bash
# From a folder of videos to what a client of the job server sees: run, replay, health, a job until it is terminal, its
# result by strict JSON.
#
# usage: e2e.sh BINARY [VIDEO…]
#   MUTATE=nan|key  spoils the result before it is served, to show that this script would notice
#
# Exit status: 0 everything holds, 1 something does not.
set -euo pipefail

binary=${1:?usage: e2e.sh BINARY [VIDEO…]}
shift
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
[ $# -gt 0 ] || set -- "$here/samples/h264-scenes.mp4"
work=$(mktemp -d)
server=
cleanup() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; }
    rm -rf -- "$work"
}
trap cleanup EXIT

say() { echo "e2e: $*"; }
fail() { echo "e2e: FAIL: $*" >&2; exit 1; }
strict() { python3 -c '
import json, sys
def no(word): raise ValueError(f"{word} is not JSON")
value = json.loads(sys.stdin.buffer.read().decode("utf-8"), parse_constant=no)
for key in sys.argv[1:]:
    value = value[key]
print(value if not isinstance(value, (dict, list)) else len(value))' "$@"; }

"$binary" run "$@" --out "$work/out" --no-config --min-free 0 || fail "run ended with $?"
result=$(find "$work/out/results" -name '*.json' | sort | head -1)
case "${MUTATE:-}" in
    "") ;;
    nan) sed -i '0,/"frame_index":1,/s//"frame_index":1,"bad":NaN,/' "$result" ;;
    key) sed -i '0,/"total_frames":/s//"all_frames":/' "$result" ;;
    *) fail "MUTATE is nan or key" ;;
esac

: >"$work/address"
"$binary" replay "$work/out" --port 0 --speed 8 >"$work/address" &
server=$!
for _ in $(seq 300); do
    url=$(sed -n 's/.*\(http:\/\/[^/ ]*\).*/\1/p' "$work/address")
    [ -z "$url" ] || break
    kill -0 "$server" 2>/dev/null || fail "replay ended"
    sleep 0.1
done
[ -n "$url" ] || fail "replay printed no address"
say "serving at $url"

get() { curl --silent --show-error --fail --max-time 30 "$url$1"; }

[ "$(get /health | strict status)" = healthy ] || fail "health"
say "healthy"
job=$(get "/v1/jobs?limit=1" | python3 -c '
import json, sys
print(json.load(sys.stdin)["jobs"][0]["job_id"])')
status=
for _ in $(seq 600); do
    status=$(get "/v1/jobs/$job?include=none" | strict status)
    case "$status" in completed | failed) break ;; esac
    sleep 0.1
done
[ "$status" = completed ] || fail "job $job is ${status:-unknown}"
say "job $job is completed"
get "/v1/jobs/$job" >"$work/job.json"
total=$(strict results total_frames <"$work/job.json") || fail "no strict JSON with .results.total_frames"
frames=$(strict results frames <"$work/job.json") || fail "no strict JSON with .results.frames"
[ "$total" = "$frames" ] && [ "$total" -gt 0 ] || fail "$total total_frames, $frames frames"
get "/v1/jobs/$job/result" | strict total_frames >/dev/null || fail "the result is no strict JSON"
say "$total frames, strict JSON"
