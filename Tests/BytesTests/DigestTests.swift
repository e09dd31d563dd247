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
        #expect(
            Digest.sha256([UInt8](repeating: 0x61, count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func `a hash does not hang on the pieces in which bytes come`() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
        for size in [1, 3, 63, 64, 65, 999] {
            var running = Digest.Running()
            for start in stride(from: 0, to: 1000, by: size) {
                running.update(Array(bytes[start..<min(1000, start + size)]))
            }
            #expect(running.hex() == Digest.sha256(bytes))
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
