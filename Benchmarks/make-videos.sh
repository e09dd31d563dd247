#!/usr/bin/env bash
# Makes the benchmark's videos out of real clips. They are never committed.
#
#   FOLDER/b*      eight HD videos, over 10,000 frames: montages, a noisy one, static cameras, an animation; H.264, HEVC
#                  and VP9 in 1080p and 720p
#   FOLDER/sd/     the clips under 900 lines as they are, and two made ones of three minutes: s1 in 640x360, s2 in 768x576
#   FOLDER/long/   ten minutes of 1080p in H.264 and in HEVC
#   FOLDER/small/  2,000 clips of five seconds in 320x240, twenty different ones a hundred times each
#
# Usage: make-videos.sh [CLIPS [FOLDER]]     (default: ../shared/videos, else the sample clips; .videos)
#
# Needs ffmpeg with libx264, libx265 and libvpx-vp9, and 600 MB. One encoder with one thread at a time, at the lowest
# priority: about a quarter of an hour. A video that is there is not made again.
set -euo pipefail
clips=$(realpath -m -- "${1:-$(dirname -- "${BASH_SOURCE[0]}")/../../shared/videos}")
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
out=${2:-.videos}

if [[ -d $clips ]]; then
    montage=("$clips"/chthomos__* "$clips"/mdn__rabbit.mp4 "$clips"/mdn__crystal.webm "$clips"/intel__car-detection.mp4
        "$clips"/opencvdoc__Megamind_bugy.avi)
    animation=("$clips"/chthomos__*)
    camera=("$clips"/intel__one-by-one-person-detection.mp4)
    street=("$clips"/intel__car-detection.mp4)
    people=("$clips"/opencvdoc__vtest.avi)
else
    echo "make-videos: no $clips; the benchmark then says little about real videos" >&2
    montage=(samples/h264-scenes.mp4 samples/vp9.webm samples/vfr.mkv)
    animation=(samples/h264-scenes.mp4)
    camera=(samples/moving-objects.mp4)
    street=(samples/moving-objects.mp4)
    people=(samples/moving-objects.mp4)
fi

mkdir -p "$out"/{sd,long,small}
work=$(mktemp -d "$out/.part.XXXXXX")
trap 'rm -rf -- "$work"' EXIT

encode() { nice -n 19 ffmpeg -nostdin -y -v error -filter_threads 1 "$@"; }

# play SIZE TIMES CLIP...: a part with the clips one after the other, once. TIMES is a filter: `fps=25` keeps
# the pace and repeats frames of slower clips, `setpts=N/25/TB` takes each frame once.
play() {
    local size=$1 times=$2 inputs=() graph= ends= n=0 clip
    shift 2
    for clip; do
        inputs+=(-threads 1 -i "$clip")
        graph+="[$n:v:0]$times,scale=$size:flags=bicubic,setsar=1,format=yuv420p[v$n];"
        ends+="[v$n]"
        n=$((n + 1))
    done
    encode "${inputs[@]}" -filter_complex_threads 1 -filter_complex "$graph${ends}concat=n=$n:v=1:a=0[v]" -map '[v]' \
        -r 25 -c:v libx264 -preset ultrafast -crf 16 -threads 1 "$work/once.mkv"
}

# make NAME FRAMES SIZE TIMES FILTER CODEC-OPTIONS... -- CLIP...: that again and again, as often as it takes.
make() {
    local name=$1 frames=$2 size=$3 times=$4 filter=$5
    shift 5
    local options=()
    while [[ $1 != -- ]]; do options+=("$1"); shift; done
    shift
    [[ -e $out/$name ]] && return
    echo "make-videos: $name"
    play "$size" "$times" "$@"
    encode -threads 1 -stream_loop -1 -i "$work/once.mkv" -vf "${filter:-null}" -frames:v "$frames" \
        "${options[@]}" -threads 1 "$work/new.${name##*.}"
    mv "$work/new.${name##*.}" "$out/$name"
}

# repeat NAME SOURCE: the first ten minutes of a video played again and again, its packets as they are.
repeat() {
    [[ -e $out/$1 ]] && return
    echo "make-videos: $1"
    encode -stream_loop -1 -i "$out/$2" -map 0:v:0 -c copy -t 600 "$work/new.mp4"
    mv "$work/new.mp4" "$out/$1"
}

x264=(-c:v libx264 -preset veryfast -crf 23 -g 100)
keep=fps=25
make b1-montage-1080p.mp4 2000 1920:1080 $keep "" "${x264[@]}" -- "${montage[@]}"
make b2-noisy-1080p.mp4 800 1920:1080 $keep "noise=c0s=14:c0f=t+u:c0_seed=3" "${x264[@]}" -crf 27 -- "${camera[@]}"
make b3-camera-1080p.mp4 1500 1920:1080 $keep "" "${x264[@]}" -- "${camera[@]}"
make b4-montage-720p.mp4 1800 1280:720 $keep "" "${x264[@]}" -- "${montage[@]}"
make b5-animation-720p.mp4 1440 1280:720 $keep "" "${x264[@]}" -- "${animation[@]}"
make b6-street-720p.mp4 1131 1280:720 $keep "" "${x264[@]}" -- "${street[@]}"
make b7-hevc-1080p.mp4 700 1920:1080 $keep "" -c:v libx265 -preset ultrafast -crf 26 \
    -x265-params log-level=error:open-gop=1:pools=none:frame-threads=1 -- "${montage[@]}"
make b8-vp9-720p.webm 1000 1280:720 $keep "" -c:v libvpx-vp9 -b:v 1500k -deadline realtime -cpu-used 8 \
    -- "${montage[@]}"

make sd/s1-montage-640x360.mp4 4500 640:360 $keep "" "${x264[@]}" -- "${montage[@]}"
make sd/s2-camera-768x576.mp4 4500 768:576 setpts=N/25/TB "" "${x264[@]}" -- "${people[@]}"
if [[ -d $clips ]]; then
    for clip in "$clips"/*.{mp4,mkv,webm,avi}; do
        [[ -e $clip ]] || continue
        lines=$(ffprobe -v error -select_streams v:0 -show_entries stream=height -of csv=p=0 "$clip")
        if ((${lines%%,*} < 900)) && [[ ! -e $out/sd/${clip##*/} ]]; then cp -- "$clip" "$out/sd/"; fi
    done
fi

repeat long/h264-1080p.mp4 b1-montage-1080p.mp4
repeat long/hevc-1080p.mp4 b7-hevc-1080p.mp4

if [[ ! -e $out/small/1999.mp4 ]]; then
    echo "make-videos: 2,000 small clips"
    play 320:240 $keep "${montage[@]}"
    encode -threads 1 -stream_loop -1 -i "$work/once.mkv" -frames:v 2500 "${x264[@]}" -g 125 -sc_threshold 0 -threads 1 \
        -f segment -segment_time 5 -reset_timestamps 1 "$work/%d.mp4"
    for ((n = 0; n < 2000; n++)); do cp -- "$work/$((n % 20)).mp4" "$out/small/$n.mp4"; done
fi
du -sh "$out"
