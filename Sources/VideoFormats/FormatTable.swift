/// Every container and raw stream that is read, and what looks like one and is not: pure tables, that the walk over
/// folders and the reader of videos both go by.
///
/// A format of this list holds a stream of media and nothing else. Playlists, scripts and image sequences, which name
/// other files, are not among them.
package enum FormatTable {
    /// In the order in which signatures are tried.
    package static let all: [VideoFormat] = containers + streams + recorders + animations + games

    // MARK: Containers

    private static let containers: [VideoFormat] = [
        VideoFormat(
            "mov", "MP4, QuickTime, 3GP, Motion JPEG 2000 (phones, cameras, the web)", ["mov"],
            names: [
                "mp4", "m4v", "mp4v", "mov", "qt", "3gp", "3g2", "3gpp", "3gpp2", "f4v", "f4p", "ismv", "mj2", "mjp2",
                "lrv", "360", "insv", "heics", "heifs", "avifs", "psp",
            ], also: ["avif"]
        ) { $0.isMovie },
        VideoFormat("matroska", "Matroska, WebM", ["matroska"], names: ["mkv", "webm", "mk3d"]) {
            $0.has([0x1a, 0x45, 0xdf, 0xa3], at: 0)
        },
        VideoFormat("avi", "AVI, AMV (cameras, players)", ["avi"], names: ["avi", "divx", "amv"]) {
            $0.isRIFF("AVI ") || $0.isRIFF("AVIX") || $0.isRIFF("AMV ")
        },
        VideoFormat(
            "mpegts", "MPEG transport stream (television, Blu-ray, AVCHD)", ["mpegts"],
            names: ["ts", "m2ts", "mts", "m2t", "tp", "trp", "tod", "tts"], also: ["rec", "dat"]
        ) { $0.isTransportStream },
        VideoFormat(
            "mpeg", "MPEG program stream (DVD, VCD, cameras)", ["mpeg"],
            names: ["mpg", "mpeg", "mpe", "m2p", "vob", "vro", "evo"], also: ["mod", "dat"]
        ) { $0.has([0x00, 0x00, 0x01, 0xba], at: 0) || $0.isRIFF("CDXA") },
        VideoFormat("flv", "Flash Video", ["flv"], names: ["flv"]) { $0.has("FLV\u{1}", at: 0) },
        VideoFormat("ogg", "Ogg", ["ogg"], names: ["ogv", "ogm"], also: ["ogg", "ogx"]) { $0.isOggVideo },
        VideoFormat("asf", "Windows Media", ["asf"], names: ["wmv", "asf", "dvr-ms"]) {
            // The header object's GUID.
            $0.has(
                [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9, 0x00, 0xaa, 0x00, 0x62, 0xce, 0x6c], at: 0)
        },
        VideoFormat("wtv", "Windows Television", ["wtv"], names: ["wtv"]) {
            $0.has(
                [0xb7, 0xd8, 0x00, 0x20, 0x37, 0x49, 0xda, 0x11, 0xa6, 0x4e, 0x00, 0x07, 0xe9, 0x5e, 0xad, 0x8d], at: 0)
        },
        VideoFormat("rm", "RealMedia", ["rm"], names: ["rm", "rmvb"]) { $0.has(".RMF", at: 0) },
        VideoFormat("ivr", "Internet Video Recording (RealPlayer)", ["ivr"], names: ["ivr"]) {
            $0.has(".R1M", at: 0) || $0.has(".REC", at: 0)
        },
        VideoFormat("mxf", "MXF (broadcast, cameras)", ["mxf"], names: ["mxf"]) {
            // The key of a header partition (SMPTE 377-1), behind a run-in of any content.
            $0.contains([0x06, 0x0e, 0x2b, 0x34, 0x02, 0x05, 0x01, 0x01, 0x0d, 0x01, 0x02, 0x01, 0x01, 0x02])
        },
        VideoFormat("gxf", "GXF (broadcast)", ["gxf"], names: ["gxf"], endsInError: true) {
            $0.has([0, 0, 0, 0, 1, 0xbc], at: 0) && $0.has([0, 0, 0, 0, 0xe1, 0xe2], at: 10)
        },
        VideoFormat("lxf", "LXF (broadcast)", ["lxf"], names: ["lxf"]) { $0.has("LEITCH\0\0", at: 0) },
        VideoFormat("nut", "NUT", ["nut"], names: ["nut"]) { $0.has("nut/multimedia container\0", at: 0) },
        VideoFormat("nsv", "Nullsoft Streaming Video", ["nsv"], names: ["nsv"]) {
            $0.has("NSVf", at: 0) || $0.has("NSVs", at: 0)
        },
        VideoFormat("nuv", "NuppelVideo (MythTV)", ["nuv"], names: ["nuv"]) {
            $0.has("NuppelVideo\0", at: 0) || $0.has("MythTVVideo\0", at: 0)
        },
        VideoFormat("pva", "PVA (TechnoTrend television)", ["pva"], names: ["pva"]) {
            // Sync word, stream 1 or 2, a counter, 0x55.
            $0.has([0x41, 0x56], at: 0) && [1, 2].contains($0.byte(2) ?? 0) && $0.byte(4) == 0x55
        },
        VideoFormat("ty", "TiVo stream, not encrypted", ["ty"], names: ["ty", "ty+"]) {
            $0.has([0xf5, 0x46, 0x7a, 0xbd, 0, 0, 0, 2], at: 0)
        },
        VideoFormat("ivf", "IVF", ["ivf"], names: ["ivf"]) { $0.has("DKIF", at: 0) },
        VideoFormat("vivo", "Vivo", ["vivo"], names: ["viv", "vivo"]),
        VideoFormat("pmp", "PlayStation Portable", ["pmp"], names: ["pmp"]) { $0.has("pmpm", at: 0) },
    ]

    // MARK: Raw streams

    private static let streams: [VideoFormat] = [
        VideoFormat("h264", "H.264 stream", ["h264"], names: ["h264", "264", "avc", "h26l"], told: true) { $0.isH264 },
        VideoFormat("hevc", "HEVC (H.265) stream", ["hevc"], names: ["hevc", "h265", "265"], told: true) { $0.isHEVC },
        VideoFormat(
            "vvc", "VVC (H.266) stream", ["vvc"], names: ["vvc", "h266", "266"], codec: "vvc", told: true),
        VideoFormat("av1", "AV1 stream (OBU)", ["obu", "av1"], names: ["obu", "av1"], codec: "av1") {
            // A temporal delimiter, then a sequence header.
            $0.has([0x12, 0x00, 0x0a], at: 0)
        },
        VideoFormat(
            "mpegvideo", "MPEG-1 or MPEG-2 video stream", ["mpegvideo"], names: ["m1v", "m2v", "mpv"], told: true
        ) { $0.has([0, 0, 1, 0xb3], at: 0) },
        VideoFormat("mpeg4", "MPEG-4 video stream", ["m4v"], also: ["m4v"]) { $0.isMPEG4 },
        VideoFormat("h261", "H.261 stream", ["h261"], names: ["h261"], told: true),
        VideoFormat("h263", "H.263 stream", ["h263"], names: ["h263"], told: true),
        VideoFormat("vc1", "VC-1 stream", ["vc1"], names: ["vc1"], told: true) { $0.has([0, 0, 1, 0x0f], at: 0) },
        VideoFormat("vc1test", "VC-1 test stream", ["vc1test"], names: ["rcv"], told: true),
        VideoFormat("dirac", "Dirac, VC-2", ["dirac"], names: ["vc2"], also: ["drc"]) { $0.has("BBCD", at: 0) },
        VideoFormat("cavs", "AVS stream", ["cavsvideo"], names: ["cavs"], codec: "cavs", told: true),
        VideoFormat("avs2", "AVS2 stream", ["avs2"], names: ["avs2"], codec: "avs2", told: true),
        VideoFormat("avs3", "AVS3 stream", ["avs3"], names: ["avs3"], codec: "avs3", told: true),
        VideoFormat("dnxhd", "DNxHD stream", ["dnxhd"], names: ["dnxhd", "dnxhr"]) {
            $0.has([0, 0, 2, 0x80, 1], at: 0)
        },
        VideoFormat("dv", "DV stream (tape)", ["dv"], names: ["dv", "dif"], told: true) { $0.isDV },
        VideoFormat("mjpeg", "Motion JPEG stream", ["mjpeg"], names: ["mjpeg", "mjpg"], told: true),
        VideoFormat("y4m", "YUV4MPEG2", ["yuv4mpegpipe"], names: ["y4m"], likeText: true) {
            $0.has("YUV4MPEG2", at: 0)
        },
    ]

    // MARK: Cameras and recorders with formats of their own

    private static let recorders: [VideoFormat] = [
        VideoFormat(
            "mpjpeg", "Multipart JPEG (network cameras)", ["mpjpeg"], also: ["mjpg", "mjpeg"], endsInError: true
        ) {
            $0.isMultipartJPEG
        },
        VideoFormat("dhav", "DHAV (Dahua recorders)", ["dhav"], names: ["dav"]) {
            $0.has("DAHUA", at: 0) || $0.has("DHAV", at: 0)
        },
        VideoFormat("mxg", "MxPEG (Mobotix cameras)", ["mxg"], names: ["mxg"]) {
            $0.has([0xff, 0xd8, 0xff], at: 0) && $0.contains("MXF\0")
        },
        VideoFormat("ifv", "IFV (recorders)", ["ifv"], names: ["ifv"]) {
            $0.has(
                [0x11, 0xd2, 0xd3, 0xab, 0xba, 0xa9, 0xcf, 0x11, 0x8e, 0xe6, 0, 0xc0, 0x0c, 0x20, 0x53, 0x65], at: 0)
        },
        VideoFormat("cine", "Cine (Phantom high-speed cameras)", ["cine"], names: ["cine"]) {
            $0.has([0x43, 0x49, 0x2c, 0x00], at: 0)
        },
        VideoFormat("ser", "SER (astronomy)", ["ser"], names: ["ser"]) { $0.has("LUCAM-RECORDER", at: 0) },
        VideoFormat("mlv", "Magic Lantern raw video, in one file", ["mlv"], names: ["mlv"]) {
            $0.has("MLVI", at: 0)
        },
        VideoFormat("smjpeg", "SMJPEG", ["smjpeg"], also: ["mjpg"], endsInError: true) { $0.has("\0\nSMJPEG", at: 0) },
    ]

    // MARK: Animations

    private static let animations: [VideoFormat] = [
        VideoFormat("gif", "GIF", ["gif"], names: ["gif"]) { $0.has("GIF8", at: 0) },
        VideoFormat("apng", "Animated PNG", ["apng"], names: ["apng"]) { $0.isAPNG },
        VideoFormat("webp", "Animated WebP", ["webp_anim"], also: ["webp"]) { $0.isAnimatedWebP },
        VideoFormat("flic", "FLI, FLC (Autodesk Animator)", ["flic"], names: ["fli", "flc"]) { $0.isFLIC },
        VideoFormat("swf", "Flash with a video in it, not compressed", ["swf"], also: ["swf"]) { $0.isFlashVideo },
        VideoFormat("cdxl", "CDXL (Amiga)", ["cdxl"], names: ["cdxl"]),
        VideoFormat("mv", "Silicon Graphics Movie", ["mv"], also: ["mv", "movie"]) { $0.has("MOVI", at: 0) },
    ]

    // MARK: Games

    private static let games: [VideoFormat] = [
        VideoFormat("bink", "Bink", ["bink"], names: ["bik"]) { $0.has("BIK", at: 0) },
        VideoFormat("smk", "Smacker", ["smk"], names: ["smk"]) { $0.has("SMK2", at: 0) || $0.has("SMK4", at: 0) },
        VideoFormat("thp", "THP (GameCube, Wii)", ["thp"], names: ["thp"]) { $0.has("THP\0", at: 0) },
        VideoFormat("roq", "RoQ (id Software)", ["roq"], names: ["roq"], endsInError: true) {
            $0.has([0x84, 0x10, 0xff, 0xff, 0xff, 0xff], at: 0)
        },
        VideoFormat("vqa", "VQA (Westwood)", ["wsvqa"], names: ["vqa"]) {
            $0.has("FORM", at: 0) && $0.has("WVQA", at: 8)
        },
        VideoFormat("wc3", "Wing Commander III", ["wc3movie"], also: ["mve"]) {
            $0.has("FORM", at: 0) && $0.has("MOVE", at: 8)
        },
        VideoFormat("ipmovie", "Interplay MVE", ["ipmovie"], also: ["mve", "mv8"]) {
            $0.has("Interplay MVE File\u{1A}\0", at: 0)
        },
        VideoFormat("xmv", "XMV (Xbox)", ["xmv"], names: ["xmv"]) { $0.has("xobX", at: 12) },
        VideoFormat("vmd", "VMD (Sierra)", ["vmd"], also: ["vmd"]) {
            // The length of the header, and sizes that a screen had.
            guard $0.has([0x2e, 0x03], at: 0), let width = $0.littleEndian(at: 12, bytes: 2),
                let height = $0.littleEndian(at: 14, bytes: 2)
            else { return false }
            return (1...2048).contains(width) && (1...2048).contains(height)
        },
        VideoFormat("film", "Sega FILM", ["film_cpk"], also: ["cpk", "cak", "film"]) {
            $0.has("FILM", at: 0) && $0.has("FDSC", at: 16)
        },
        VideoFormat("4xm", "4X Technologies", ["4xm"], names: ["4xm"]) { $0.isRIFF("4XMV") },
        VideoFormat("hnm", "HNM (Cryo)", ["hnm"], names: ["hnm"]) { $0.has("HNM4", at: 0) },
        VideoFormat("dxa", "DXA (ScummVM)", ["dxa"], names: ["dxa"]) { $0.has("DEXA", at: 0) },
        VideoFormat("moflex", "MOFLEX (Nintendo 3DS)", ["moflex"], names: ["moflex"]),
        VideoFormat("mods", "MODS (Nintendo DS)", ["mods"], also: ["mods"]) { $0.has("MODSN3\n\0", at: 0) },
        VideoFormat("rpl", "RPL (ARMovie)", ["rpl"], also: ["rpl"], likeText: true) { $0.has("ARMovie\n", at: 0) },
    ]
}
