import Bytes
import TestSupport
import Testing

@Suite("Digests") struct DigestTests {
    @Test func `hashes have their known answers`() {
        // FIPS 180-4 and RFC 3174.
        let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"
        #expect(Digest.sha256([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(
            Digest.sha256(Array(long.utf8)) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(Escape.hex(Digest.sha1(Array("abc".utf8))) == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(Escape.hex(Digest.sha1(Array(long.utf8))) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(Escape.hex(Digest.sha1([])) == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(Digest.sha256(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let million = [UInt8](repeating: 0x61, count: 1_000_000)
        #expect(Escape.hex(Digest.sha1(million)) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
        #expect(
            Digest.sha256(million)
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `lengths around a block's end have the hashes that another implementation gives`() {
        // Python's hashlib over the bytes (7 i + length) mod 256.
        let known: [(length: Int, sha1: String, sha256: String)] = [
            (
                1, "bf8b4530d8d246dd74ac53a13471bba17941dff7",
                "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"
            ),
            (
                55, "63ac9708fb581dd150d3647549f9e0cb51dcf1df",
                "81afe5b788dc2ce138ff83d9b20164db75a94d75d2b2432eea4a0ef605088c72"
            ),
            (
                56, "5a0c4d0eb2f15e05bbbff6b8dada9ae767fc03f0",
                "2aba54f0ac632420a2b502431408866e40e1d5e430df4cd822642c78ab2eb9c1"
            ),
            (
                57, "4e77d3077d2ab5167db3434c31cac3d15a3afc12",
                "903284efbf9100e8ba1614ec65eacacad125e03f857cae7acbf8b73b23e0fdfe"
            ),
            (
                63, "d94ff3ad53f9b9327704b812ee9c1f3abbba3d48",
                "733d3d4ee79ee67145bf73da13588f6f235d37414fc64b14a2f00f1762792f5e"
            ),
            (
                64, "5f55a35e13f1865e7ffc22dca1275b1a49b0ff56",
                "79322907b3e9d013d7dc2c2f256674dbf733045cde01df3539271c6f5605feb8"
            ),
            (
                65, "d7f8931010f8342a97383e1410a58c47d057708b",
                "d85c007c6eb440f085afa2b84f6f2bce4658b240e9f62cb1364bf0485a57e720"
            ),
            (
                119, "774001b5ad1f46b40c48e1b94cb092c593ead25b",
                "6c87eedf096b345de205b702e5223b73b447a3207791ded3ea007ba15ed6736e"
            ),
            (
                120, "6ebf3111dc761f11b13f29df0484848785385973",
                "42500cf6a1e3936d6b9e0bcfe296d654b63255e525487d3634d0b15fde591c4d"
            ),
            (
                127, "82d007f6e7e5672722c0717b6bea2ba6f17cd35c",
                "68f6ff710276900c0ffbbc57426f67e00c2e01f0750c7edc25ac06b8ce7a8095"
            ),
            (
                128, "0a44ac02432f6ead67d86fcb70a4d8ce589e50ec",
                "489d55fea9a73af36b6dd0be7b4117d8e5683386d39544e8a44c99a87f368707"
            ),
            (
                129, "461b146c523c63566b8bf8852dc8462116cf2e3f",
                "4e1556b2e9a50a3cc9478f3254727b01065f9ac5d2c3a8b4cd538ae7240bb87d"
            ),
        ]
        for (length, sha1, sha256) in known {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: 7 * $0 + length) }
            #expect(Escape.hex(Digest.sha1(bytes)) == sha1, "\(length)")
            #expect(Digest.sha256(bytes) == sha256, "\(length)")
        }
    }

    @Test func `a hash does not hang on the pieces in which bytes come`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        for size in [1, 3, 63, 64, 65, 999] {
            var running = Digest.Running()
            for start in stride(from: 0, to: 1000, by: size) {
                running.update(Array(bytes[start..<min(1000, start + size)]))
            }
            let hash = running.hex()
            #expect(hash == Digest.sha256(bytes))
        }
    }

    @Test func `base64 is that of the RFC`() {
        let known = [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        for (plain, encoded) in known {
            #expect(Base64.encode(Array(plain.utf8)) == encoded)
            #expect(Base64.decode(encoded) == Array(plain.utf8))
        }
        #expect(Base64.encode([0xfb, 0xff, 0xfe]) == "+//+")
        for bad in ["a b", "-_-_", "é", "Zg=\n"] { #expect(Base64.decode(bad) == nil) }
        var generator = SeededGenerator(seed: 3)
        for length in 0..<100 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }
}

@Suite("Times") struct UTCTimeTests {
    @Test func `known moments have their known dates`() {
        let known: [(Int64, String, String)] = [
            (0, "1970-01-01T00:00:00.000Z", "19700101T000000Z"),
            (1_772_067_723_456, "2026-02-26T01:02:03.456Z", "20260226T010203Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z", "20000229T000000Z"),
            (951_868_799_999, "2000-02-29T23:59:59.999Z", "20000229T235959Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z", "21000301T000000Z"),
            (4_107_542_399_007, "2100-02-28T23:59:59.007Z", "21000228T235959Z"),
            (1_735_689_599_050, "2024-12-31T23:59:59.050Z", "20241231T235959Z"),
            (2_147_483_648_000, "2038-01-19T03:14:08.000Z", "20380119T031408Z"),
            (-1, "1969-12-31T23:59:59.999Z", "19691231T235959Z"),
            (-86_400_000, "1969-12-31T00:00:00.000Z", "19691231T000000Z"),
            (-86_400_001, "1969-12-30T23:59:59.999Z", "19691230T235959Z"),
        ]
        for (milliseconds, text, compact) in known {
            #expect(UTCTime(milliseconds: milliseconds).text == text)
            #expect(UTCTime(milliseconds: milliseconds).compact == compact)
        }
    }

    @Test func `a date of HTTP has its day of the week`() {
        let known: [(Int64, String)] = [
            // The example of RFC 9110.
            (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_868_799_999, "Tue, 29 Feb 2000 23:59:59 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
            (1_772_067_723_456, "Thu, 26 Feb 2026 01:02:03 GMT"),
        ]
        for (milliseconds, text) in known { #expect(UTCTime(milliseconds: milliseconds).httpDate == text) }
    }

    @Test(arguments: [Int64.min, .min + 1, .max]) func `no moment is too far away`(milliseconds: Int64) {
        // A record of failures may hold any number.
        let text = UTCTime(milliseconds: milliseconds).text
        #expect(text.hasPrefix(milliseconds < 0 ? "-" : "292278994-08-17T07:12:55.807Z"))
        #expect(text.hasSuffix("Z"))
    }

    @Test func `texts sort as times do`() {
        var generator = SeededGenerator(seed: 5)
        let times = (0..<2000).map { _ in
            UTCTime(milliseconds: Int64.random(in: 0...4_102_444_800_000, using: &generator))
        }.sorted()
        #expect(times.map(\.text).sorted() == times.map(\.text))
        #expect(times.map(\.compact).sorted() == times.map(\.compact))
    }

    @Test func `clocks run forwards`() {
        let before = (UTCTime.now, monotonicNanoseconds(), processorSeconds())
        #expect(before.0.milliseconds > 1_700_000_000_000)
        #expect(monotonicNanoseconds() >= before.1)
        #expect(processorSeconds() >= before.2)
    }
}
