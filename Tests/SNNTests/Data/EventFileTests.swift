import SNNKernel
import Testing

@testable import SNN
@testable import SNNCommand

/// Writes what `numpy.savez` writes: stored arrays of whole numbers in a zip file.
enum NPZFixture {
    private static func little(_ number: Int, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }

    /// A vector of `descriptor` "<i4", "<i8" or "|u1"; any other name is written over the bytes of "<i4".
    static func array(_ numbers: [Int], _ descriptor: String = "<i4", shape: String? = nil) -> [UInt8] {
        let size = ["|u1": 1, "<i8": 8][descriptor] ?? 4
        let text =
            "{'descr': '\(descriptor)', 'fortran_order': False, 'shape': \(shape ?? "(\(numbers.count),)"), }\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0] + little(text.utf8.count, 2) + Array(text.utf8)
            + numbers.flatMap { little($0, size) }
    }

    /// A zip file of stored entries.
    static func file(_ arrays: [(name: String, contents: [UInt8])]) throws -> [UInt8] {
        var (body, directory): ([UInt8], [UInt8]) = ([], [])
        for (name, contents) in arrays {
            let name = Array("\(name).npy".utf8)
            let crc = try ByteBuffer(contents).withBytes(crc32(of:))
            let sizes =
                little(Int(crc), 4) + little(contents.count, 4) + little(contents.count, 4) + little(name.count, 2)
            let middle: [UInt8] = [20, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            directory +=
                [0x50, 0x4B, 1, 2, 20, 0] + middle + sizes + [UInt8](repeating: 0, count: 12) + little(body.count, 4)
                + name
            body += [0x50, 0x4B, 3, 4] + middle + sizes + [0, 0] + name + contents
        }
        return body + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + little(arrays.count, 2) + little(arrays.count, 2)
            + little(directory.count, 4) + little(body.count, 4) + [0, 0]
    }
}

@Suite("files of events")
struct EventFileTests {
    private static let good: [(String, [UInt8])] = [
        ("shape", NPZFixture.array([2, 1, 3], "<i8")),
        ("train_times", NPZFixture.array([5000, 0, 0, 1499, 9000])),
        ("train_units", NPZFixture.array([5, 1, 1, 4, 0], "|u1")),
        ("train_offsets", NPZFixture.array([0, 3, 3, 5], "<i8")),
        ("train_labels", NPZFixture.array([1, 0, 0])),
        ("test_times", NPZFixture.array([0])),
        ("test_units", NPZFixture.array([2])),
        ("test_offsets", NPZFixture.array([0, 1])),
        ("test_labels", NPZFixture.array([2])),
    ]

    private func open(
        _ arrays: [(String, [UInt8])],
        _ json: String = "{}",
        split: String = "train",
        steps: Int? = 6
    ) throws -> Dataset {
        try NPZ.open(
            contents: ByteBuffer(NPZFixture.file(arrays)),
            path: "e.npz",
            split: split,
            preprocessing: Preprocessing(JSONField(JSONValue(parsing: json))),
            steps: steps
        )
    }

    private func open(with name: String, _ contents: [UInt8]) throws -> Dataset {
        try open(Self.good.map { $0.0 == name ? (name, contents) : $0 })
    }

    @Test("samples keep their events in any order, with duplicates, and empty samples are samples")
    func read() throws {
        let train = try open(Self.good)
        #expect(train.count == 3 && train.classes == 3 && (0..<3).map { train.label($0) } == [1, 0, 0])
        #expect(train.shape == SampleShape(channels: 2, height: 1, width: 3, frames: 6))
        #expect(train.eventPairs(0) == [[5, 5], [0, 1], [0, 1]])
        #expect(train.eventPairs(1) == [] && train.eventPairs(2) == [[1, 4]])
        #expect(train.droppedEvents == 1)
        #expect(try open(Self.good, split: "test").eventPairs(0) == [[0, 2]])
        let merged = try open(Self.good, #"{"events": {"merge_polarity": true, "bin": 5}, "samples": 1}"#)
        #expect(merged.count == 1 && merged.eventPairs(0) == [[1, 2], [0, 1], [0, 1]])
        let flat = try open(with: "shape", NPZFixture.array([7]))
        #expect(flat.shape == SampleShape(channels: 1, height: 1, width: 7, frames: 6))
    }

    @Test("wrong files are refused with law and value")
    func refused() throws {
        let cases: [(String, [UInt8], SNNError)] = [
            (
                "train_times", NPZFixture.array([5000, 0, -1, 1499, 9000]),
                .parameter(
                    "an event of 'e.npz' must have a time >= 0 us and a unit in 0..<6, "
                        + "got -1 and 1 in sample 0 of train, event 2"
                )
            ),
            (
                "train_units", NPZFixture.array([5, 1, 1, 6, 0]),
                .parameter(
                    "an event of 'e.npz' must have a time >= 0 us and a unit in 0..<6, "
                        + "got 1499 and 6 in sample 2 of train, event 0"
                )
            ),
            (
                "train_units", NPZFixture.array([5]),
                .shape(
                    "'e.npz' must have train_times and _units of one length and an offset more than labels, "
                        + "got 5, 1, 4 and 3"
                )
            ),
            (
                "train_offsets", NPZFixture.array([0, 4, 3, 5]),
                .shape("train_offsets of 'e.npz' must ascend from 0 to the 5 events, got 4 and 3 at sample 1")
            ),
            (
                "train_offsets", NPZFixture.array([0, 3, 3, 6]),
                .shape("train_offsets of 'e.npz' must ascend from 0 to the 5 events, got 3 and 6 at sample 2")
            ),
            (
                "train_offsets", NPZFixture.array([-1, 3, 3, 5]),
                .shape("train_offsets of 'e.npz' must ascend from 0 to the 5 events, got -1 and 3 at sample 0")
            ),
            (
                "train_labels", NPZFixture.array([1, 0, -2]),
                .parameter("a label of 'train_labels' in 'e.npz' must be in 0..<65536, got -2 at sample 2")
            ),
            (
                "train_times", NPZFixture.array([1, 2, 3, 4, 5], "<f4"),
                .notSupported("train_times of 'e.npz' must hold whole numbers (|u1, <i4, <i8), got '<f4'")
            ),
            (
                "shape", NPZFixture.array([2, 3]),
                .shape(
                    "shape of 'e.npz' must be neurons, or polarities, height and width, each >= 1, got [2, 3]"
                )
            ),
            (
                "shape", NPZFixture.array([0]),
                .shape("shape of 'e.npz' must be neurons, or polarities, height and width, each >= 1, got [0]")
            ),
            (
                "shape", NPZFixture.array([1 << 40, 1 << 40, 4], "<i8"),
                .shape(
                    "shape of 'e.npz' must be neurons, or polarities, height and width, each >= 1, "
                        + "got [1099511627776, 1099511627776, 4]"
                )
            ),
            (
                "train_times", NPZFixture.array([1, 2, 3, 4], shape: "(2, 2)"),
                .shape("train_times of 'e.npz' must have 1 dimension, got [2, 2]")
            ),
        ]
        for (name, contents, error) in cases { #expect(failure { try open(with: name, contents) } == error) }
        #expect(
            failure { try open(Self.good.filter { $0.0 != "shape" }) }
                == .dataMissing(
                    "'e.npz' must hold the arrays shape and train_times, _units, _offsets, _labels, got "
                        + Self.good.map { "\($0.0).npy" }.filter { $0 != "shape.npy" }.sorted().joined(separator: ", ")
                )
        )
        guard
            case .dataMissing? = failure({ try open(Self.good.filter { !$0.0.hasPrefix("test") }, split: "test") })
        else {
            Issue.record("a split that is not there must be refused")
            return
        }
        #expect(
            failure { try open(Self.good, steps: nil) }
                == .parameter(
                    "events.steps must be given for 'e.npz', which is a set of events: "
                        + "the steps of the network that reads it"
                )
        )
        #expect(failure { try open(Self.good, #"{"samples": 4}"#) } == .parameter("samples must be at most 3, got 4"))
    }

    @Test(
        "named sets are found in their folder; missing ones say which command makes them",
        arguments: ["shd", "spoken-digits"]
    )
    func named(_ name: String) throws {
        let folder = try TemporaryFolder()
        #expect(
            failure { try DataCatalogue.open(name, split: "train", directory: folder.path, steps: 6) }
                == .dataMissing(
                    "the data set '\(name)' is not in '\(folder[name])' (missing: events.npz); "
                        + "run `python -m snn.data import \(name) FOLDER`"
                )
        )
        try ReadFile.createFolder(folder[name])
        try folder.write(NPZFixture.file(Self.good), to: "\(name)/events.npz")
        let set = try DataCatalogue.open(name, split: "train", directory: folder.path, steps: 6)
        #expect(set.name == name && set.count == 3)
        #expect(set.classes == (name == "shd" ? 20 : 10) && set.classNames?.count == set.classes)
        let beside = try DataCatalogue.open(name, split: "test", directory: folder["\(name)/events.npz"], steps: 6)
        #expect(beside.eventPairs(0) == [[0, 2]])
    }

    @Test("rows to predict may be events")
    func rows() throws {
        let folder = try TemporaryFolder()
        try folder.write(NPZFixture.file(Self.good), to: "e.npz")
        let network = try Network(
            try NetworkDocument.read(
                #"{"input":{"shape":[6]},"steps":9,"coding":"events","layers":[{"connection":{"kind":"dense","outputs":3},"neuron":"lif"}]}"#
            ),
            registry: try Library.registry(),
            seed: 1
        )
        let (samples, hasLabels) = try InputRows.open(folder["e.npz"], for: network, preprocessing: Preprocessing())
        #expect(hasLabels && samples.count == 1 && samples.eventWindow?.steps == 9)
        #expect(try Prediction.predict(network, samples, [0], threads: 1).count == 1)
    }
}
