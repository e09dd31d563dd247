#!/usr/bin/env bash
# Makes the benchmark's eight videos (over 10,000 frames) in .videos/ out of real clips: montages, a noisy one, static
# cameras, H.264, HEVC and VP9 in 1080p and 720p. They are never committed.
#
# Usage: make-videos.sh [FOLDER OF CLIPS]     (default: ../shared/videos, else the sample clips)
#
# Needs ffmpeg with libx264, libx265 and libvpx-vp9. Takes some minutes; a video that is there is not made again.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

clips=${1:-../shared/videos}
if [[ -d $clips ]]; then
    montage=("$clips"/chthomos__* "$clips"/mdn__rabbit.mp4 "$clips"/mdn__crystal.webm "$clips"/intel__car-detection.mp4
        "$clips"/opencvdoc__Megamind_bugy.avi)
    animation=("$clips"/chthomos__*)
    camera=("$clips"/intel__one-by-one-person-detection.mp4)
    street=("$clips"/intel__car-detection.mp4)
else
    echo "make-videos: no $clips; the benchmark then says little about real videos" >&2
    montage=(samples/h264-scenes.mp4 samples/vp9.webm samples/vfr.mkv)
    animation=(samples/h264-scenes.mp4)
    camera=(samples/moving-objects.mp4)
    street=(samples/moving-objects.mp4)
fi

mkdir -p .videos
part=.videos/.part.mkv
trap 'rm -f -- "$part" .videos/.list' EXIT

# make NAME FRAMES SIZE FILTER CODEC-OPTIONS... -- CLIP...: the clips one after the other, again and again.
make() {
    local name=$1 frames=$2 size=$3 filter=$4
    shift 4
    local options=()
    while [[ $1 != -- ]]; do options+=("$1"); shift; done
    shift
    [[ -e .videos/$name ]] && return
    echo "make-videos: $name"
    local inputs=() graph= n=0 clip
    for clip; do
        inputs+=(-i "$clip")
        graph+="[$n:v:0]fps=25,scale=$size:flags=bicubic,setsar=1,format=yuv420p[v$n];"
        n=$((n + 1))
    done
    for ((i = 0; i < n; i++)); do graph+="[v$i]"; done
    graph+="concat=n=$n:v=1:a=0[v]"
    # First the clips once, then that as often as it takes.
    ffmpeg -nostdin -y -v error "${inputs[@]}" -filter_complex "$graph" -map '[v]' \
        -c:v libx264 -preset ultrafast -crf 16 "$part"
    ffmpeg -nostdin -y -v error -stream_loop -1 -i "$part" -vf "${filter:-null}" -frames:v "$frames" \
        "${options[@]}" ".videos/.new.${name##*.}"
    mv ".videos/.new.${name##*.}" ".videos/$name"
}

x264=(-c:v libx264 -preset veryfast -crf 23 -g 100)
make b1-montage-1080p.mp4 2000 1920:1080 "" "${x264[@]}" -- "${montage[@]}"
make b2-noisy-1080p.mp4 800 1920:1080 "noise=c0s=14:c0f=t+u:c0_seed=3" "${x264[@]}" -crf 27 -- "${camera[@]}"
make b3-camera-1080p.mp4 1500 1920:1080 "" "${x264[@]}" -- "${camera[@]}"
make b4-montage-720p.mp4 1800 1280:720 "" "${x264[@]}" -- "${montage[@]}"
make b5-animation-720p.mp4 1440 1280:720 "" "${x264[@]}" -- "${animation[@]}"
make b6-street-720p.mp4 1131 1280:720 "" "${x264[@]}" -- "${street[@]}"
make b7-hevc-1080p.mp4 700 1920:1080 "" -c:v libx265 -preset ultrafast -crf 26 \
    -x265-params log-level=error:open-gop=1 -- "${montage[@]}"
make b8-vp9-720p.webm 1000 1280:720 "" -c:v libvpx-vp9 -b:v 1500k -deadline realtime -cpu-used 8 -row-mt 1 -- "${montage[@]}"
ls -l .videos
