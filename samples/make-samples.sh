#!/usr/bin/env bash
# Makes every sample clip in this folder from ffmpeg's own test sources, then
# writes manifest.json and the table in README.md.
#
# Needs: bash, python3, ffmpeg and ffprobe 5.1 or newer with
# libx264, libx265 and libvpx-vp9 (the other encoders used are built in).
#
# Usage: make-samples.sh        (from any directory; writes next to itself)
#
# Lines of the form "#: NAME - TEXT" describe one clip each; make-manifest.py
# reads them, so this file is the only place where a clip is described.
set -euo pipefail
export LC_ALL=C

cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

log=$(mktemp)
tmp=$(mktemp -d)
trap 'rm -rf -- "$log" "$tmp"' EXIT

# One thread and no version, date or random identifiers: the same ffmpeg build
# gives the same bytes each time.
in_opts=(-nostdin -y -hide_banner -v error -filter_complex_threads 1)
out_opts=(-threads 1 -fflags +bitexact -map_metadata -1)
x264=(-c:v libx264 -pix_fmt yuv420p -color_range tv)

# record NAME COMMAND-LINE: remembers how NAME was made, for the manifest.
record() { printf '%s\t%s\n' "$1" "$2" >>"$log"; }

# quote ARG...: the arguments as one readable shell line.
quote() {
    local arg out=
    for arg; do
        case $arg in
            *[!A-Za-z0-9_@%+=:,./-]* | '') out+=" '${arg//\'/\'\\\'\'}'" ;;
            *) out+=" $arg" ;;
        esac
    done
    printf '%s' "${out# }"
}

# clip NAME GRAPH OPTION...: encodes the pad [v] of GRAPH to NAME.
clip() {
    local name=$1 graph=$2
    shift 2
    local flags=+bitexact
    if [[ $1 == flags=* ]]; then flags+=${1#flags=}; shift; fi
    mkdir -p -- "$(dirname -- "$name")"
    local cmd=(ffmpeg "${in_opts[@]}" -filter_complex "$graph" -map '[v]'
        "$@" "${out_opts[@]}" -flags:v "$flags" "$name")
    "${cmd[@]}"
    record "$name" "$(quote "${cmd[@]}")"
}

#: h264-scenes.mp4 - H.264, five hard cuts between six very different pictures (scene detection).
clip h264-scenes.mp4 "testsrc2=s=320x240:r=25:d=1.6,format=yuv420p,setsar=1[a];\
mandelbrot=s=320x240:r=25,trim=end=1.4,format=yuv420p,setsar=1[b];\
smptebars=s=320x240:r=25:d=1.2,format=yuv420p,setsar=1[c];\
color=c=0x102a60:s=320x240:r=25:d=1.2,format=yuv420p,noise=c0s=12:c0_seed=7,setsar=1[d];\
gradients=s=320x240:r=25:d=1.4:c0=0xfff080:c1=0xff9040:n=2:x0=0:y0=0:x1=320:y1=240:seed=5,format=yuv420p,setsar=1[e];\
testsrc=s=320x240:r=25:d=1.2,format=yuv420p,negate,setsar=1[f];\
[a][b][c][d][e][f]concat=n=6:v=1:a=0[v]" \
    "${x264[@]}" -crf 27 -g 50

#: black-freeze.mp4 - H.264, tagged as limited range: 2 s moving, 3 s black, 2 s moving, 4 s frozen, 1 s moving, 3 s black up to the end.
clip black-freeze.mp4 "testsrc2=s=160x120:r=10:d=5.1,format=yuv420p,setsar=1,split=4[s1][s2][s3][s4];\
[s1]trim=start_frame=0:end_frame=20,setpts=PTS-STARTPTS[m1];\
[s2]trim=start_frame=20:end_frame=40,setpts=PTS-STARTPTS[m2];\
[s3]trim=start_frame=40:end_frame=41,setpts=PTS-STARTPTS,loop=loop=39:size=1,setpts=N/10/TB[z];\
[s4]trim=start_frame=41:end_frame=51,setpts=PTS-STARTPTS[m3];\
color=c=black:s=160x120:r=10:d=3,format=yuv420p,setsar=1,split=2[k1][k2];\
[m1][k1][m2][z][m3][k2]concat=n=6:v=1:a=0,fps=10[v]" \
    "${x264[@]}" -colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m -crf 12 -g 100

#: hevc-10bit.mkv - HEVC with 10 bits a sample (limits must scale with the bit depth); 1.5 s of it is black.
clip hevc-10bit.mkv "testsrc2=s=240x180:r=20:d=1.5,format=yuv420p10le,setsar=1[a];\
color=c=black:s=240x180:r=20:d=1.5,format=yuv420p10le,setsar=1[b];\
[a][b]concat=n=2:v=1:a=0[v]" \
    -c:v libx265 -pix_fmt yuv420p10le -color_range tv -crf 28 \
    -x265-params pools=none:frame-threads=1:info=0:log-level=error

#: vp9.webm - VP9 in WebM with one hard cut at 1.5 s.
clip vp9.webm "testsrc2=s=240x180:r=20:d=1.5,format=yuv420p,setsar=1[a];\
mandelbrot=s=240x180:r=20,trim=end=1.5,format=yuv420p,setsar=1[b];\
[a][b]concat=n=2:v=1:a=0[v]" \
    -c:v libvpx-vp9 -pix_fmt yuv420p -b:v 0 -crf 40 -deadline good -cpu-used 4 -row-mt 0

#: mpeg4.avi - MPEG-4 part 2 in AVI without B-frames (an old container with no timestamps of its own).
clip mpeg4.avi "testsrc=s=240x180:r=15:d=3,format=yuv420p[v]" \
    -c:v mpeg4 -bf 0 -g 30 -q:v 6

#: fullrange.mp4 - H.264, full range: 1 s moving, 3 s dark grey with Y=28 (not black here, but black if read as limited range), 1 s moving, 2.5 s black with Y=8, 1 s moving.
clip fullrange.mp4 "testsrc2=s=160x120:r=10:d=3,format=rgb24,setsar=1,split=3[s1][s2][s3];\
[s1]trim=end=1,setpts=PTS-STARTPTS[m1];\
[s2]trim=start=1:end=2,setpts=PTS-STARTPTS[m2];\
[s3]trim=start=2:end=3,setpts=PTS-STARTPTS[m3];\
color=c=0x1c1c1c:s=160x120:r=10:d=3,format=rgb24,setsar=1[dark];\
color=c=0x080808:s=160x120:r=10:d=2.5,format=rgb24,setsar=1[black];\
[m1][dark][m2][black][m3]concat=n=5:v=1:a=0,scale=out_range=pc,format=yuvj420p[v]" \
    -c:v libx264 -pix_fmt yuvj420p -color_range pc -crf 18

#: vfr.mkv - H.264 with a variable frame rate: irregular gaps, then 3 s frozen at 5 frames a second, then a cut to a new picture.
clip vfr.mkv "testsrc2=s=240x180:r=25:d=2.4,format=yuv420p,setsar=1,split=2[s1][s2];\
[s1]select='not(mod(n\\,7))+not(mod(n\\,4))+gt(n\\,45)'[a];\
[s2]trim=start_frame=59:end_frame=60,loop=loop=14:size=1,setpts=N/5/TB[b];\
mandelbrot=s=240x180:r=25,trim=end=1.2,select='gt(mod(n\\,5)\\,1)',format=yuv420p,setsar=1[c];\
[a][b][c]concat=n=3:v=1:a=0[v]" \
    "${x264[@]}" -crf 20 -fps_mode vfr -enc_time_base 1:1000

#: interlaced.mpg - MPEG-2, interlaced, top field first, in a program stream (the container does not declare a frame count).
clip interlaced.mpg "testsrc2=s=320x240:r=50:d=2,format=yuv420p,tinterlace=mode=interleave_top,fieldorder=tff[v]" \
    flags=+ildct+ilme -c:v mpeg2video -pix_fmt yuv420p -top 1 -g 12 -bf 2 -q:v 8 -f mpeg

#: moving-objects.mp4 - H.264, three boxes moving at different speeds over a slightly noisy still background (motion and tracking).
clip moving-objects.mp4 "color=c=0x607060:s=320x240:r=20:d=5,format=yuv420p,noise=c0s=24:c0_seed=11,boxblur=2:1,noise=c0s=8:c0f=t:c0_seed=23[bg];\
color=c=0xe02020:s=40x30:r=20:d=5[r];\
color=c=0xf0f0f0:s=24x24:r=20:d=5[w];\
color=c=0x102080:s=30x50:r=20:d=5[b];\
[bg][r]overlay=x='10+48*t':y=40[o1];\
[o1][w]overlay=x='280-40*t':y='110+30*sin(2*t)'[o2];\
[o2][b]overlay=x=140:y='180-24*t',format=yuv420p[v]" \
    "${x264[@]}" -crf 23

#: odd-size.mkv - FFV1, 4:4:4, 97x61 (width and height both odd).
clip odd-size.mkv "testsrc2=s=97x61:r=10:d=1,format=yuv444p[v]" \
    -c:v ffv1 -level 3 -slices 4 -pix_fmt yuv444p

#: rgb.mkv - PNG pictures in Matroska: RGB instead of YUV.
clip rgb.mkv "smptehdbars=s=160x120:r=12:d=1,format=rgb24,drawgrid=w=20:h=20:c=white@0.3,hue=h=30*t,format=rgb24[v]" \
    -c:v png -pix_fmt rgb24

#: gray.mkv - FFV1, one grey plane and no chroma.
clip gray.mkv "testsrc2=s=128x96:r=10:d=1,format=gray[v]" \
    -c:v ffv1 -level 3 -slices 4 -pix_fmt gray

#: audio-cover.mp4 - H.264 with a sound track and an attached cover picture (only the first video stream counts).
cmd=(ffmpeg "${in_opts[@]}" -filter_complex "testsrc2=s=160x120:r=10:d=2,format=yuv420p[v];\
sine=f=440:r=16000:d=2[s];rgbtestsrc=s=32x32:r=1:d=1,format=rgb24[cover]"
    -map '[v]' -map '[s]' -map '[cover]'
    -c:v:0 libx264 -pix_fmt:v:0 yuv420p -crf 28 -c:a aac -b:a 24k
    -c:v:1 png -disposition:v:1 attached_pic
    "${out_opts[@]}" -flags:v +bitexact -flags:a +bitexact audio-cover.mp4)
"${cmd[@]}"
record audio-cover.mp4 "$(quote "${cmd[@]}")"

#: truncated.mp4 - H.264 with the index in front, cut at 60 % of its bytes: fewer frames decode than the header declares.
cmd=(ffmpeg "${in_opts[@]}" -filter_complex "testsrc2=s=240x180:r=25:d=2,format=yuv420p[v]" -map '[v]'
    "${x264[@]}" -crf 24 -g 10 -movflags +faststart
    "${out_opts[@]}" -flags:v +bitexact)
"${cmd[@]}" "$tmp/full.mp4"
keep=$(($(wc -c <"$tmp/full.mp4") * 60 / 100))
head -c "$keep" "$tmp/full.mp4" >truncated.mp4
record truncated.mp4 "$(quote "${cmd[@]}") full.mp4 && head -c $keep full.mp4 >truncated.mp4"

#: subdir/nested-ünïcode.mp4 - H.264, tiny, in a subfolder and with a name outside ASCII (folder walks and report paths).
clip subdir/nested-ünïcode.mp4 "testsrc=s=64x48:r=10:d=1.2,format=yuv420p[v]" \
    "${x264[@]}" -crf 30

#: not-a-video.mp4 - Plain text behind a video's file name: must be reported as failed, never crash the batch.
printf '%s\n' 'This is not a video.' \
    'It only has the file name of one, so that a batch meets a file it cannot open.' \
    'The rest of the batch must go on.' >not-a-video.mp4
record not-a-video.mp4 "printf (plain text, no ffmpeg)"

python3 make-manifest.py "$log"
