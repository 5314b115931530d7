import SNNKernel
import Testing

@testable import SNN

@Suite("IDX files")
struct IDXTests {
    private let plain: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 2, 0, 0, 0, 2] + Array(0..<12)

    private func read(_ bytes: [UInt8]) throws(SNNError) -> IDX {
        try IDX(contents: try ByteBuffer(bytes), label: "'f'")
    }

    private func packed() throws -> [UInt8] { try Digits.decodeBase64(NumpyFixtures.idx).array }

    @Test("plain and packed files give the same array")
    func reading() throws {
        for bytes in [plain, try packed()] {
            let file = try read(bytes)
            #expect(file.sizes == [3, 2, 2])
            #expect(file.elements.array == Array(0..<12))
        }
    }

    @Test("a packed file is found under its plain name")
    func finding() throws {
        let folder = try TemporaryFolder()
        try folder.write(try packed(), to: "a.gz")
        #expect(try IDX(path: folder["a"]).sizes == [3, 2, 2])
        #expect(throws: SNNError.self) { try IDX(path: folder["b"]) }
    }

    @Test(
        "damaged files are refused, each with its law",
        arguments: [
            ([], "at least 4 bytes"), ([0, 0, 8], "at least 4 bytes"), ([0, 0, 8, 1, 0, 0], "inside its header"),
            ([1, 0, 8, 1, 0, 0, 0, 0], "two zero bytes"), ([0, 0, 8, 0], "1 to 4 dimensions, got 0"),
            ([0, 0, 8, 9], "1 to 4 dimensions, got 9"), ([0, 0, 8, 1, 0, 0, 0, 2, 7], "must hold 2 elements, got 1"),
            ([0, 0, 8, 1, 0, 0, 0, 1, 7, 7], "must hold 1 elements, got 2"),
            ([0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255], "fewer than 2^40"),
            ([0, 0, 8, 1, 255, 255, 255, 255], "must hold 4294967295 elements, got 0"),
            ([0x1F, 0x8B], "is truncated"), ([0x1F, 0x8B, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7], "is damaged"),
        ] as [([UInt8], String)]
    )
    func damaged(_ bytes: [UInt8], _ part: String) {
        #expect {
            try read(bytes)
        } throws: { error in
            guard case .corrupt(let sentence)? = error as? SNNError else { return false }
            return sentence.contains(part) && sentence.contains("'f'")
        }
    }

    @Test("other element types are refused by name")
    func otherTypes() {
        #expect(throws: SNNError.notSupported("'f' must hold unsigned bytes (IDX type 8), got type 13")) {
            try read([0, 0, 13, 1, 0, 0, 0, 0])
        }
    }

    @Test("a packed file that claims absurd sizes is refused before memory is asked for")
    func absurdSizes() throws {
        // Stored deflate block of an IDX header that claims 2^39 elements.
        let header: [UInt8] = [0, 0, 8, 2, 0, 8, 0, 0, 0, 16, 0, 0]
        let bytes = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 12, 0, 243, 255] + header
        #expect(throws: SNNError.corrupt("'f' of 27 packed bytes cannot hold sizes [524288, 1048576]")) {
            try read(bytes)
        }
    }

    @Test("any damage is an error, or leaves as many elements as the sizes say")
    func mutations() throws {
        for bytes in [plain, try packed()] {
            forEachMutation(of: bytes) { mutated, what in
                guard let file = try? read(mutated) else { return }
                #expect(checkedProduct(file.sizes) == file.elements.count, "\(what)")
                // gzip carries a checksum: what it lets through is the original.
                if bytes[0] == 0x1F && mutated[0] == 0x1F { #expect(file.elements.array == Array(0..<12), "\(what)") }
            }
        }
    }

    @Test("base64 text decodes, other characters are refused")
    func base64() throws {
        #expect(try Digits.decodeBase64("AP+/\nZg==").array == [0, 255, 191, 102])
        #expect(throws: SNNError.self) { try Digits.decodeBase64("A*==") }
    }
}
