extension FormatTable {
    /// What looks like a video and is not read, with what can be done.
    package static let untaken: [UntakenFormat] = [
        UntakenFormat(
            "braw", "Blackmagic RAW", ["braw"], "FFmpeg has no decoder: export it from DaVinci Resolve as MOV or MXF"),
        UntakenFormat(
            "r3d", "REDCODE RAW, N-RAW", ["r3d", "nev"],
            "FFmpeg has no decoder: export it from REDCINE-X or DaVinci Resolve as MOV or MXF"),
        UntakenFormat(
            "crm", "Canon Cinema RAW Light", ["crm"],
            "FFmpeg has no decoder: export it from Cinema RAW Development as MOV or MXF"),
        UntakenFormat(
            "arriraw", "ARRIRAW", ["ari", "arx"],
            "FFmpeg has no decoder: export it from the ARRI Reference Tool as MOV or MXF"),
        UntakenFormat("bink2", "Bink 2", ["bk2"], "FFmpeg has no decoder: convert it with the RAD Video Tools"),
        UntakenFormat(
            "swf", "Flash", ["swf"],
            "a program rather than a recording; if it plays a video, name the file or use --ext swf",
            looked: true),
        UntakenFormat(
            "yuv", "pictures without a header", ["yuv", "i420", "yv12", "nv12", "nv21", "uyvy", "v210"],
            "size and pixel format are not in the file: put it into Y4M or Matroska with ffmpeg -f rawvideo -video_size"
        ),
        UntakenFormat(
            "playlist", "playlist", ["m3u8", "mpd", "f4m", "ism", "ismc"],
            "it names other files and is not followed: give the files themselves"),
        UntakenFormat(
            "genetec", "Genetec recording", ["g64", "g64x"],
            "proprietary: export it from the Genetec Video Player as MP4 or ASF"),
        UntakenFormat("bvr", "Blue Iris recording", ["bvr"], "proprietary: export it from Blue Iris as MP4"),
        UntakenFormat("tivo", "TiVo recording", ["tivo"], "encrypted: decrypt it with the owner's key to MPG first"),
        UntakenFormat(
            "download", "download of a video application", ["qlv", "qsv"], "encrypted: its application can export it"),
        UntakenFormat("mng", "MNG animation", ["mng"], "FFmpeg has no decoder: convert it to APNG or GIF"),
    ]

    /// Extensions of videos that are those of programs and texts as well: TypeScript, differences.
    static let sharedWithText: Set<String> = ["ts", "mts", "tp", "dif"]

    /// Extensions of files that stand beside videos and are never one, so they are not opened.
    package static let notVideo: Set<String> = photos.union(sounds).union(texts).union(others)

    private static let photos: Set<String> = [
        "jpg", "jpeg", "jpe", "jfif", "png", "bmp", "tif", "tiff", "ico", "psd", "svg", "svgz", "heic", "heif", "hif",
        "jxl", "jp2", "j2k", "jpf", "jpx", "j2c", "insp", "gpr", "cr2", "cr3", "crw", "nef", "nrw", "dng", "arw", "srf",
        "sr2", "srw", "orf", "rw2", "rwl", "raf", "pef", "x3f", "3fr", "fff", "iiq", "kdc", "dcr", "erf", "mef", "mos",
        "exr", "dpx", "cin", "tga", "xcf", "kra", "eps", "thm", "mpo",
    ]

    private static let sounds: Set<String> = [
        "mp3", "mp2", "mpa", "m2a", "wav", "w64", "flac", "aac", "m4a", "m4b", "m4p", "m4r", "3ga", "opus", "oga",
        "spx",
        "wma", "mka", "ac3", "ec3", "eac3", "dts", "dtshd", "thd", "mlp", "amr", "awb", "aif", "aiff", "aifc", "caf",
        "ape", "wv", "tta", "tak", "mpc", "ra", "ram", "au", "snd", "mid", "midi", "dsf", "dff", "ofr", "shn", "f4a",
        "f4b", "isma", "weba",
    ]

    private static let texts: Set<String> = [
        "txt", "md", "rst", "json", "ndjson", "jsonl", "xml", "yaml", "yml", "toml", "ini", "cfg", "conf", "csv", "tsv",
        "log", "html", "htm", "css", "scss", "js", "mjs", "cjs", "jsx", "tsx", "cts", "sh", "py", "rb", "pl", "php",
        "swift", "c", "h", "cc", "cpp", "cxx", "hpp", "m", "mm", "rs", "go", "java", "kt", "cs", "lua", "sql", "srt",
        "vtt", "ass", "ssa", "smi", "sub", "idx", "sup", "mks", "lrc", "nfo", "url", "m3u", "pls", "cue", "vpy", "avs",
        "edl", "ffconcat", "sdp",
    ]

    private static let others: Set<String> = [
        "pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "epub", "zip", "gz", "tgz", "bz2",
        "xz",
        "zst", "7z", "rar", "tar", "par2", "torrent", "db", "sqlite", "o", "a", "so", "exe", "dll", "class", "jar",
        "pyc",
        "wasm", "ttf", "otf", "woff", "woff2", "ifo", "bup", "bdmv", "mpls", "clpi", "xmp", "aae", "sha1", "sha256",
        "md5",
    ]
}
