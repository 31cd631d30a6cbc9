// Hashes and encodings against published vectors: FIPS 180, RFC 4648, and the CRC catalogue's check value.

import Codecs
import Testing

@Suite struct HashesTests {
    private let long = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"

    @Test func sha1() {
        func hash(_ text: String) -> String { SHA1.digest(Bytes(text: text)).hex.text }
        #expect(hash("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
        #expect(hash("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
        #expect(hash(long) == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
        #expect(
            SHA1.digest(Bytes(repeating: 0x61, count: 1_000_000)).hex.text
                == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    }

    @Test func sha256() {
        func hash(_ text: String) -> String { SHA256.digest(Bytes(text: text)).hex.text }
        #expect(hash("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(hash("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hash(long) == "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")
        #expect(
            SHA256.digest(Bytes(repeating: 0x61, count: 1_000_000)).hex.text
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }

    @Test func sha256InParts() {
        let message = Bytes((0..<300).map { UInt8(truncatingIfNeeded: $0) })
        for length in 0...message.count {
            for cut in [0, 1, 55, 56, 63, 64, 65, 128] where cut <= length {
                var hash = SHA256()
                hash.append(message[..<cut])
                hash.append(message[cut..<length])
                #expect(hash.finished() == SHA256.digest(Bytes(message[..<length])))
            }
        }
    }

    @Test func crc32() {
        #expect(CRC32.checksum(Bytes(text: "123456789")) == 0xcbf4_3926)
        #expect(CRC32.checksum(Bytes()) == 0)
        #expect(CRC32.checksum(Bytes(text: "The quick brown fox jumps over the lazy dog")) == 0x414f_a339)
    }

    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]) func base64(_ plain: String, _ encoded: String) {
        #expect(Base64.encode(Bytes(text: plain)).text == encoded)
        #expect(Base64.decode(Bytes(text: encoded)) == Bytes(text: plain))
    }

    @Test func base64OfEveryByte() {
        let bytes = Bytes(0...255)
        for length in 250...256 {
            let part = Bytes(bytes.suffix(length))
            #expect(Base64.decode(Base64.encode(part)) == part)
        }
        #expect(Base64.encode([0xfb, 0xff]).text == "+/8=")
        #expect(Base64.encodeForURL([0xfb, 0xff]).text == "-_8")
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zm9", "Zm9v=", "Zg===", "====", "=", "==", "===", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n", "Zm9-",
        "Zm9_", "Z=g=", "=Zg=", "Zg==Zg==", "Zm9\u{e9}", "Zm9*",
    ]) func base64IsStrict(_ text: String) {
        #expect(Base64.decode(Bytes(text: text)) == nil)
    }

    @Test func hex() {
        #expect(Hex.decode(Bytes(text: "00ffAb")) == [0x00, 0xff, 0xab])
        #expect(Hex.decode(Bytes()) == [])
        for text in ["0", "0g", "g0", "0x00", " 00", "00 "] { #expect(Hex.decode(Bytes(text: text)) == nil) }
        #expect(Hex.decode(Bytes(0...255).hex) == Bytes(0...255))
    }
}
