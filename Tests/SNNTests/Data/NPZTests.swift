import SNNKernel
import Testing

@testable import SNN

@Suite("numpy files")
struct NPZTests {
    private func open(
        _ base64: String,
        split: String = "train",
        _ preprocessing: Preprocessing = Preprocessing()
    ) throws -> Dataset {
        try NPZ.open(contents: Digits.decodeBase64(base64), path: "f.npz", split: split, preprocessing: preprocessing)
    }

    @Test("compressed bytes become images scaled by 1/255")
    func bytes() throws {
        let train = try open(NumpyFixtures.compressedBytes)
        #expect(train.shape == SampleShape(channels: 1, height: 2, width: 3))
        #expect(train.count == 4)
        #expect(train.classes == 4, "the test split has label 3")
        #expect((0..<4).map { train.label($0) } == [0, 1, 2, 1])
        #expect(train.row(1) == [60, 70, 80, 90, 100, 110].map { Float(Double($0) / 255) })
        let test = try open(NumpyFixtures.compressedBytes, split: "test")
        #expect(test.classes == 4)
        #expect(test.row(0) == (1...6).map { Float(Double($0) / 255) })
    }

    @Test("stored doubles become floats as they are")
    func floats() throws {
        let train = try open(NumpyFixtures.storedFloats)
        #expect(train.shape == SampleShape(features: 2))
        #expect((0..<3).map { train.row($0) } == [[0.5, -1.5], [2, 3], [4, 5]])
        #expect(train.labelCounts == [1, 2])
        #expect(try open(NumpyFixtures.storedFloats, split: "test").row(0) == [9, 8])
    }

    @Test("preprocessing acts on floats: scale, mean and deviation")
    func preprocessing() throws {
        var wanted = Preprocessing()
        (wanted.scale, wanted.mean, wanted.std) = (2, [1], [4])
        #expect(try open(NumpyFixtures.storedFloats, wanted).row(1) == [0.75, 1.25])
    }

    @Test(
        "what is not supported is refused by name",
        arguments: [
            (NumpyFixtures.fortran, "fortran_order True"), (NumpyFixtures.pickled, "pickled objects ('|O')"),
            (NumpyFixtures.bigEndian, "got '>f4'"),
            (NumpyFixtures.floatLabels, "must hold whole numbers (|u1, <i4, <i8), got '<f8'"),
        ]
    )
    func notSupported(_ base64: String, _ part: String) {
        #expect {
            try open(base64)
        } throws: { error in
            guard case .notSupported(let sentence)? = error as? SNNError else { return false }
            return sentence.contains(part)
        }
    }

    @Test("arrays that make no data set are refused with law and value")
    func refused() {
        #expect(throws: SNNError.parameter("a label of 'y_train' in 'f.npz' must be in 0..<65536, got -1 at sample 1"))
        {
            try open(NumpyFixtures.negativeLabels)
        }
        #expect(throws: SNNError.shape("y_train of 'f.npz' must have shape [2], got [3]")) {
            try open(NumpyFixtures.wrongCount)
        }
        #expect(throws: SNNError.notFinite("inputs must be finite, got nan at sample 0, value 1")) {
            try open(NumpyFixtures.nan)
        }
        #expect(throws: SNNError.dataMissing("'f.npz' must hold the arrays x_train and y_train, got x_train.npy")) {
            try open(NumpyFixtures.noLabels)
        }
        #expect(throws: SNNError.shape("x_train of 'f.npz' must have 2 to 5 dimensions, samples first, got [2]")) {
            try open(NumpyFixtures.rank1)
        }
        #expect(throws: SNNError.argument("a data set must have at least 1 sample, got 0")) {
            try open(NumpyFixtures.emptyTrain)
        }
        #expect(throws: SNNError.self) { try open(NumpyFixtures.noLabels, split: "test") }
        #expect(throws: SNNError.corrupt("'f.npz' is truncated or no zip file: it has no end record")) {
            try open("AAAA")
        }
    }

    @Test("zip64 sizes are refused by name")
    func zip64() throws {
        let bytes = try Digits.decodeBase64(NumpyFixtures.compressedBytes).array
        var copy = bytes
        copy.replaceSubrange((bytes.count - 6)..<(bytes.count - 2), with: [255, 255, 255, 255])
        #expect(throws: SNNError.notSupported("'f.npz' is a zip64 archive; arrays of 4 GiB and more are not supported"))
        {
            try NPZ.open(contents: ByteBuffer(copy), path: "f.npz", split: "train")
        }
    }

    @Test(
        "any damage is an error, or leaves the content equal",
        arguments: [
            NumpyFixtures.compressedBytes, NumpyFixtures.storedFloats,
        ]
    )
    func mutations(_ base64: String) throws {
        let original = try open(base64)
        let rows = (0..<original.count).map { original.row($0) }
        let labels = (0..<original.count).map { original.label($0) }
        var refused = 0
        forEachMutation(of: try Digits.decodeBase64(base64).array) { mutated, what in
            guard let set = try? NPZ.open(contents: ByteBuffer(mutated), path: "f.npz", split: "train") else {
                refused += 1
                return
            }
            #expect((0..<set.count).map { set.row($0) } == rows, "\(what)")
            #expect((0..<set.count).map { set.label($0) } == labels, "\(what)")
        }
        #expect(refused > 1000)
    }

    @Test(
        "headers are read as numpy's format says",
        arguments: [
            (1, "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3), }", nil),
            (2, "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }", nil),
            (3, "{'shape':(2,3),'fortran_order':False,'descr':'|u1'}", nil),
            (4, "{'descr': '|u1', 'fortran_order': False, 'shape': (6,), }", "version 1, 2 or 3, got 4"),
            (1, "{'descr': '|u1', 'fortran_order': False, 'shape': (5,), }", "must not have 6 bytes"),
            (1, "{'descr': '|u1', 'fortran_order': False, 'shape': (-6,), }", "must be sizes"),
            (
                1, "{'descr': '|u1', 'fortran_order': False, 'shape': (4611686018427387904, 4), }",
                "must not have 6 bytes"
            ),
            (1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", "pickled objects"),
            (1, "{'descr': '|u1', 'shape': (6,), }", "must name descr"),
            (1, "{'descr': '|u1", "must name descr"), (1, "", "must name descr"),
        ] as [(UInt8, String, String?)]
    )
    func headers(_ version: UInt8, _ header: String, _ part: String?) throws {
        let text = Array(header.utf8)
        let length = [UInt8(text.count), 0] + (version == 1 ? [] : [0, 0])
        let bytes = [0x93] + Array("NUMPY".utf8) + [version, 0] + length + text + [1, 2, 3, 4, 5, 6]
        do throws(SNNError) {
            let array = try NPY(contents: try ByteBuffer(bytes), label: "'f'")
            #expect(part == nil)
            #expect(array.contents.array == [1, 2, 3, 4, 5, 6])
        } catch {
            #expect(error.message.contains(part ?? "no error was expected"), "\(error)")
        }
    }
}
