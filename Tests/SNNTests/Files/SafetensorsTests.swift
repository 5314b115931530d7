import SNNKernel
import Testing

@testable import SNN

@Suite("safetensors files")
struct SafetensorsTests {
    private let weights: [Float] = [1, -2.5, .pi, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude]
    private let steps: [Int64] = [-7, .max]

    private func write(to path: String, metadata: [String: String] = ["b": "2", "a": "x\"y"]) throws {
        try weights.withUnsafeBytes { weights in
            try steps.withUnsafeBytes { steps in
                try SafetensorsWriter.write(
                    [
                        TensorToWrite(name: "hidden.weight", type: .f32, shape: [2, 3], bytes: weights),
                        TensorToWrite(name: "steps", type: .i64, shape: [2], bytes: steps),
                        TensorToWrite(
                            name: "empty",
                            type: .u8,
                            shape: [3, 0],
                            bytes: UnsafeRawBufferPointer(start: nil, count: 0)
                        ),
                    ],
                    metadata: metadata,
                    to: path
                )
            }
        }
    }

    private func file(_ header: String, data: Int = 0) throws -> SafetensorsFile {
        let text = Array(header.utf8)
        let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return try SafetensorsFile(
            contents: ByteBuffer(length + text + [UInt8](repeating: 0, count: data)),
            path: "f"
        )
    }

    @Test("tensors and metadata come back to the bit, in the given order")
    func roundTrip() throws {
        let folder = try TemporaryFolder()
        try write(to: folder["f"])
        let file = try SafetensorsFile(path: folder["f"])
        #expect(file.entries.map(\.name) == ["hidden.weight", "steps", "empty"])
        #expect(file.entry("hidden.weight")?.shape == [2, 3])
        #expect(file.metadata == ["a": "x\"y", "b": "2"])
        #expect(try file.floats("hidden.weight").map(\.bitPattern) == weights.map(\.bitPattern))
        #expect(try file.integers("steps") == steps)
        var copy = [Float](repeating: 9, count: 6)
        try copy.withUnsafeMutableBufferPointer { try file.copyFloats("hidden.weight", shape: [2, 3], to: $0) }
        #expect(copy == weights)
    }

    @Test("the layout is that of the format: length, padded JSON, contiguous data")
    func layout() throws {
        let folder = try TemporaryFolder()
        try write(to: folder["f"], metadata: [:])
        let bytes = try ReadFile.bytes(folder["f"]).array
        let header =
            #"{"hidden.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"#
            + #""steps":{"dtype":"I64","shape":[2],"data_offsets":[24,40]},"#
            + #""empty":{"dtype":"U8","shape":[3,0],"data_offsets":[40,40]}}"#
        let padded = (header.utf8.count + 7) / 8 * 8
        #expect(bytes[..<8].elementsEqual([UInt8(padded), 0, 0, 0, 0, 0, 0, 0]))
        #expect(
            String(decoding: bytes[8..<8 + padded], as: UTF8.self) == header
                + String(repeating: " ", count: padded - header.utf8.count)
        )
        #expect(bytes.count == 8 + padded + 40)
        try write(to: folder["g"], metadata: [:])
        #expect(try ReadFile.bytes(folder["g"]).array == bytes)
    }

    @Test(
        "damaged headers are refused, each with its law",
        arguments: [
            (#"{"a":{"dtype":"F33","shape":[1],"data_offsets":[0,4]}}"#, 4, "dtype"),
            (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "must not lie in bytes"),
            (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "must not lie in bytes"),
            (#"{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0, "must be an integer"),
            (
                #"{"a":{"dtype":"F32","shape":[4503599627370496,4503599627370496],"data_offsets":[0,0]}}"#, 0,
                "must not lie"
            ),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "must not lie in bytes"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, 4, "must not lie in bytes"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 8, "must fill the 8 bytes"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 0, "must fill the 0 bytes"),
            (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#, 8, "must start at 0"),
            (
                #"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
                12, "must start at 8"
            ),
            (
                #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#,
                2, "must appear once"
            ),
            (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0]}}"#, 1, "must be two numbers"),
            (#"{"a":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}"#, 1, "must be an integer"),
            (#"{"a":{"dtype":"U8","shape":[1]}}"#, 1, "missing"),
            (#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"x":1}}"#, 1, "unknown key"),
            (#"{"__metadata__":{"a":1}}"#, 0, "must be a string"),
            (#"{"a":3}"#, 0, "must be an object"),
            ("[]", 0, "JSON text"), ("{", 0, "must be JSON"),
        ]
    )
    func damagedHeaders(_ header: String, _ data: Int, _ part: String) {
        #expect {
            try file(header, data: data)
        } throws: { error in
            guard case .corrupt(let sentence)? = error as? SNNError else { return false }
            return sentence.contains(part) && sentence.contains("'f'")
        }
    }

    @Test(
        "damaged lengths are refused",
        arguments: [
            [], [1, 2, 3], [0, 0, 0, 0, 0, 0, 0, 0], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],
            [3, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0x7D], [2, 0, 0, 0, 0, 0, 0, 0x80, 0x7B, 0x7D],
            [2, 0, 0, 0, 0, 0, 0, 0, 0x7B, 0xFF],
        ] as [[UInt8]]
    )
    func damagedLengths(_ bytes: [UInt8]) {
        #expect {
            try SafetensorsFile(contents: ByteBuffer(bytes), path: "f")
        } throws: { error in
            if case .corrupt? = error as? SNNError { true } else { false }
        }
    }

    @Test("any damage to a file is an error or changes values only")
    func mutations() throws {
        let folder = try TemporaryFolder()
        try write(to: folder["f"])
        let bytes = try ReadFile.bytes(folder["f"]).array
        var refused = 0
        forEachMutation(of: bytes) { mutated, what in
            do {
                let file = try SafetensorsFile(contents: ByteBuffer(mutated), path: "f")
                // What is accepted is consistent: every tensor can be read.
                for entry in file.entries {
                    let count = try file.withBytes(of: entry.name) { (_, bytes) throws(SNNError) in bytes.count }
                    #expect(count == entry.count * entry.type.size, "\(what)")
                }
            } catch let error as SNNError {
                refused += 1
                if case .corrupt = error {} else { Issue.record("\(what): \(error)") }
            } catch { Issue.record("\(what): \(error)") }
        }
        #expect(refused > bytes.count)
        for length in bytes.indices {
            #expect(throws: SNNError.self) {
                try SafetensorsFile(contents: ByteBuffer(Array(bytes[..<length])), path: "f")
            }
        }
    }

    @Test("asking for what is not there is an error")
    func wrongRequests() throws {
        let folder = try TemporaryFolder()
        try write(to: folder["f"])
        let file = try SafetensorsFile(path: folder["f"])
        #expect(throws: SNNError.corrupt("'\(folder["f"])' has no tensor 'x'")) { try file.floats("x") }
        #expect(throws: SNNError.corrupt("tensor 'steps' of '\(folder["f"])' must be F32, got I64")) {
            try file.floats("steps")
        }
        var copy = [Float](repeating: 9, count: 6)
        _ = copy.withUnsafeMutableBufferPointer { copy in
            #expect(
                throws: SNNError.shape("tensor 'hidden.weight' of '\(folder["f"])' must have shape [3, 2], got [2, 3]")
            ) {
                try file.copyFloats("hidden.weight", shape: [3, 2], to: copy)
            }
        }
        #expect(copy.allSatisfy { $0 == 9 })
    }

    @Test("tensors that do not fit their shape, or share a name, are not written")
    func wrongTensors() throws {
        let folder = try TemporaryFolder()
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        let one = TensorToWrite(name: "a", type: .f32, shape: [0], bytes: none)
        #expect(throws: SNNError.shape("tensor 'a' of shape [1] and type F32 must not have 0 bytes")) {
            try SafetensorsWriter.write(
                [TensorToWrite(name: "a", type: .f32, shape: [1], bytes: none)],
                to: folder["f"]
            )
        }
        #expect(throws: SNNError.self) { try SafetensorsWriter.write([one, one], to: folder["f"]) }
        #expect(throws: SNNError.self) {
            try SafetensorsWriter.write(
                [TensorToWrite(name: "__metadata__", type: .f32, shape: [0], bytes: none)],
                to: folder["f"]
            )
        }
        #expect(folder.names == [])
    }
}
