#!/bin/bash
# A library in shards on Slurm: plan, an array of tasks, the same array again for what was lost, join.
#
# usage: slurm.sh VIDEOS OUT SHARDS [flag of forgebatch plan…]
#
# OUT and VIDEOS lie under the same paths on all nodes. SBATCH_ARGS has more arguments for the tasks, such as
# "--partition=cpu --cpus-per-task=8 --mem=12G --time=4:00:00". Every night from cron, as the user whose jobs they are:
#   0 22 * * * /usr/local/bin/slurm.sh /videos /results 64 --tools default
set -euo pipefail
[ $# -ge 3 ] || { sed -n 's/^# \?//; 2,7p' "$0" >&2; exit 64; }
videos=$1 out=$2 shards=$3
shift 3
read -ra more <<<"${SBATCH_ARGS:-}"

# Statuses above 0 with a plan: 66 means that a part of the input could not be read, 9 that there is none.
planned=$(forgebatch plan "$videos" -o "$out" --shards "$shards" --json "$@") || [ -n "$planned" ] || exit
out=$(cd -- "$out" && pwd)
run=$(sed -E 's/.*"run_id":"([^"]*)".*/\1/' <<<"$planned")
plan=$out/runs/$run
mkdir -p "$plan/slurm"

# A task of its own is a step: TERM comes to the tool at once. 75 is "start me again", which --requeue and RequeueExit=75 in
# slurm.conf do; where that is not set, the second array does. An array has at most 1,000 tasks here (MaxArraySize).
submit() { # DEPENDENCY → ids of the arrays
    local first last ids=()
    for ((first = 0; first < shards; first += 1000)); do
        last=$((shards - first < 1000 ? shards - first - 1 : 999))
        ids+=("$(sbatch --parsable --requeue ${1:+"--dependency=$1"} --array="0-$last" --job-name="forgebatch-$run" \
            --output="$plan/slurm/%A_%a.log" --export="ALL,FORGEBATCH_SHARD_OFFSET=$first" "${more[@]}" \
            --wrap="exec srun --ntasks=1 forgebatch run --plan ${plan@Q}")")
    done
    (IFS=:; echo "${ids[*]}")
}

tasks=$(submit "")
# A shard that is done costs a second; one that was killed loses the videos that it was at. afterok would wait for ever.
again=$(submit "afterany:$tasks")
sbatch --parsable --dependency="afterany:$again" --job-name="forgebatch-$run-merge" --output="$plan/slurm/merge.log" \
    --wrap="forgebatch merge ${out@Q} $run"
echo "run $run: forgebatch status $out" >&2
