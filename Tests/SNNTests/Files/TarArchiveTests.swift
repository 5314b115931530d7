import SNNKernel
import Testing

@testable import SNN

/// Writes tar archives, right ones and wrong ones.
enum TarFixture {
    /// One header of 512 bytes in the format ustar, with the right checksum unless `change` damages it.
    static func header(
        _ name: String,
        size: Int,
        type: Character = "0",
        prefix: String = "",
        change: (inout [UInt8]) -> Void = { _ in }
    ) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) {
            for (index, byte) in text.utf8.enumerated() { bytes[offset + index] = byte }
        }
        func octal(_ number: Int, digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(name, at: 0)
        put("0000644", at: 100)
        put(octal(size, digits: 11), at: 124)
        put("        ", at: 148)
        put(String(type), at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put(prefix, at: 345)
        change(&bytes)
        put(octal(bytes.reduce(0) { $0 + Int($1) }, digits: 6) + "\0 ", at: 148)
        return bytes
    }

    /// A header and its content, filled up to whole blocks.
    static func file(_ name: String, _ content: [UInt8], type: Character = "0", prefix: String = "") -> [UInt8] {
        header(name, size: content.count, type: type, prefix: prefix) + content
            + [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// What ends an archive.
    static let end = [UInt8](repeating: 0, count: 1024)
}

@Suite("tar archives in memory")
struct TarArchiveTests {
    private func open(_ bytes: [UInt8]) throws -> TarArchive {
        try TarArchive(contents: ByteBuffer(bytes), label: "'a.tar'")
    }

    @Test("files come in the order of the archive, with folders and harmless pax headers left out")
    func files() throws {
        let record = Array("21 mtime=1.500000000\n".utf8)
        #expect(record.count == 21)
        let long = [UInt8](repeating: 7, count: 513)
        let archive = try open(
            TarFixture.file("./a/", [], type: "5") + TarFixture.file("x", record, type: "x")
                + TarFixture.file("./a/one.bin", [1, 2, 3]) + TarFixture.file("two.bin", long, prefix: "b/c")
                + TarFixture.file("empty", []) + TarFixture.end
        )
        #expect(archive.entries.map(\.name) == ["a/one.bin", "b/c/two.bin", "empty"])
        #expect(try archive.entries.map { try archive.read($0).array } == [[1, 2, 3], long, []])
        #expect(try open(TarFixture.end).entries == [])
    }

    @Test("hostile and damaged archives are refused by name")
    func refused() throws {
        let good = TarFixture.file("a.bin", [1, 2, 3])
        let cases: [([UInt8], SNNError)] = [
            ([], .corrupt("'a.tar' is truncated: no empty block ends it")),
            (good, .corrupt("'a.tar' is truncated: no empty block ends it")),
            (
                TarFixture.header("a.bin", size: 3),
                .corrupt("'a.bin' in 'a.tar' is truncated: its size does not fit the archive")
            ),
            (
                TarFixture.header("a.bin", size: 0o77777777777) + TarFixture.end,
                .corrupt("'a.bin' in 'a.tar' is truncated: its size does not fit the archive")
            ),
            (
                TarFixture.header("a.bin", size: 1) { $0[124] = 0x80 } + TarFixture.end,
                .corrupt("'a.bin' in 'a.tar' is truncated: its size does not fit the archive")
            ),
            (
                Array("no tar file".utf8) + [UInt8](repeating: 0, count: 2000),
                .corrupt("'a.tar' is damaged or no tar file: the checksum of the header at 0 does not fit")
            ),
            (
                good + TarFixture.file("../b", []) + TarFixture.end,
                .corrupt("'a.tar' must have names that stay in its folder, got '../b'")
            ),
            (
                TarFixture.file("/etc/b", []) + TarFixture.end,
                .corrupt("'a.tar' must have names that stay in its folder, got '/etc/b'")
            ),
            (
                TarFixture.file("b", [], prefix: "x/..") + TarFixture.end,
                .corrupt("'a.tar' must have names that stay in its folder, got 'x/../b'")
            ),
            (good + good + TarFixture.end, .corrupt("'a.tar' must have one file 'a.bin', got two")),
            (
                TarFixture.file("link", [], type: "2") + TarFixture.end,
                .notSupported("'link' in 'a.tar' must be a file or a folder, got type '2'")
            ),
            (
                TarFixture.file("long", [65], type: "L") + TarFixture.end,
                .notSupported("'long' in 'a.tar' must be a file or a folder, got type 'L'")
            ),
            (
                TarFixture.file("x", Array("13 path=../b\n".utf8), type: "x") + good + TarFixture.end,
                .notSupported("'a.tar' must not have pax headers that set 'path'")
            ),
            (
                TarFixture.file("x", Array("22 GNU.sparse.major=1\n".utf8), type: "x") + good + TarFixture.end,
                .notSupported("'a.tar' must not have pax headers that set 'GNU.sparse.major'")
            ),
            (
                TarFixture.file("x", Array("99 path=b\n".utf8), type: "x") + good + TarFixture.end,
                .corrupt("'a.tar' has a damaged pax header")
            ),
        ]
        for (bytes, error) in cases { #expect(failure { try open(bytes) } == error) }
    }

    @Test("no damaged archive ends the process or reads beyond its end")
    func mutations() throws {
        let bytes = TarFixture.file("a", [1]) + TarFixture.file("x", Array("13 mtime=1.0\n".utf8), type: "x")
        var opened = 0
        // The blocks of zeros say little: without most of them the mutations stay few.
        forEachMutation(of: Array(bytes[..<400])) { mutated, what in
            let rest = bytes[400...] + TarFixture.end
            guard let archive = try? open(mutated + rest) else { return }
            for entry in archive.entries {
                #expect((try? archive.read(entry).count) == entry.bytes.count, "\(what)")
            }
            opened += 1
        }
        // Of the changes that keep the length some hit nothing that matters.
        #expect(opened < 2000)
    }
}

@Suite("xz streams of unknown length")
struct XZTests {
    /// 10,000 zero bytes, by Python's lzma.
    private static let zeros = """
        /Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4CcPACtdAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7Jhrz0KgAAAPOL
        IcDGmTtkAAFHkE4AAAAX5sV7scRn+wIAAAAABFla
        """

    private func unpack(_ bytes: [UInt8], limit: Int) throws -> ByteBuffer {
        try ByteBuffer(bytes).withBytes { try XZ.unpack($0, limit: limit, label: "'a.xz'") }
    }

    @Test("a stream is unpacked up to the limit and no further")
    func limit() throws {
        let packed = try Digits.decodeBase64(Self.zeros).array
        #expect(try unpack(packed, limit: 10_000).array == [UInt8](repeating: 0, count: 10_000))
        #expect(try unpack(packed, limit: 1 << 30).count == 10_000)
        #expect(
            failure { try unpack(packed, limit: 9999) }
                == .corrupt("'a.xz' must unpack to at most 9999 bytes, but has more")
        )
    }

    @Test("truncated, damaged and longer streams are refused")
    func refused() throws {
        let packed = try Digits.decodeBase64(Self.zeros).array
        #expect(
            failure { try unpack(packed + [0, 0, 0, 0], limit: 10_000) }
                == .corrupt("'a.xz' must end with its xz stream, got 4 more bytes")
        )
        for count in 0..<packed.count {
            #expect(
                failure { try unpack(Array(packed[..<count]), limit: 10_000) }
                    == .corrupt("'a.xz' is truncated: its xz stream has no end"),
                "\(count) bytes"
            )
        }
        var wrong = packed
        wrong[0] = 0
        #expect(
            failure { try unpack(wrong, limit: 10_000) }
                == .corrupt("'a.xz' is damaged: its xz stream does not decode")
        )
    }
}
