import SNNKernel
import Testing

@testable import SNN

@Suite("N-MNIST")
struct NMNISTTests {
    /// An event of the format of 40 bits.
    private func event(_ x: UInt8, _ y: UInt8, _ polarity: Int, _ time: Int) -> [UInt8] {
        [x, y] + [polarity << 7 | time >> 16, time >> 8 & 255, time & 255].map { UInt8($0) }
    }

    private func read(_ bytes: [UInt8]) throws -> [ATIS.Event] {
        var events: [ATIS.Event] = []
        try ByteBuffer(bytes).withBytes { bytes throws(SNNError) in
            try ATIS.read(bytes, width: 34, height: 34, label: "'a.bin'") { events.append($0) }
        }
        return events
    }

    @Test("events of 40 bits, with the time of every overflow added")
    func events() throws {
        #expect(try read([]) == [])
        let bytes =
            event(1, 2, 1, 0) + event(33, 0, 0, 0x7F_FFFF) + event(0, 240, 0, 5) + event(0, 33, 1, 0x7F_FFFF)
            + event(9, 240, 1, 0) + event(200, 240, 1, 0) + event(0, 0, 0, 0x7F_FFFE)
        #expect(
            try read(bytes) == [
                ATIS.Event(time: 0, x: 1, y: 2, isOn: true),
                ATIS.Event(time: 8_388_607, x: 33, y: 0, isOn: false),
                ATIS.Event(time: 8_388_607 + 8192, x: 0, y: 33, isOn: true),
                ATIS.Event(time: 8_388_606 + 3 * 8192, x: 0, y: 0, isOn: false),
            ]
        )
    }

    @Test("truncated recordings, pixels outside and times that go back are refused by name")
    func refused() throws {
        #expect(
            failure { try read([1, 2, 3, 4, 5, 6]) }
                == .corrupt("'a.bin' is truncated: it must have 5 bytes an event, got 6 bytes")
        )
        #expect(
            failure { try read(event(0, 0, 0, 0) + event(34, 0, 0, 0)) }
                == .corrupt("'a.bin' must have pixels within 34 x 34, got (34, 0) at event 1")
        )
        #expect(
            failure { try read(event(0, 239, 0, 0)) }
                == .corrupt("'a.bin' must have pixels within 34 x 34, got (0, 239) at event 0")
        )
        #expect(
            failure { try read(event(0, 0, 0, 9) + event(0, 0, 0, 8)) }
                == .corrupt("'a.bin' must have times that do not go back, got 8 us after 9 us at event 1")
        )
        forEachMutation(of: event(1, 2, 1, 3) + event(3, 4, 0, 70_000)) { bytes, what in
            guard let events = try? read(bytes) else { return }
            #expect(events.allSatisfy { $0.x < 34 && $0.y < 34 }, "\(what)")
        }
    }

    private func write(_ bytes: [UInt8], to name: String, in folder: TemporaryFolder) throws {
        let path = name.split(separator: "/").dropLast().joined(separator: "/")
        try ReadFile.createFolder(folder[path])
        try folder.write(bytes, to: name)
    }

    private func open(
        _ name: String,
        _ split: String,
        _ folder: String,
        _ json: String,
        steps: Int? = nil
    ) throws
        -> Dataset
    {
        try DataCatalogue.open(
            name,
            split: split,
            directory: folder,
            preprocessing: Preprocessing(JSONField(JSONValue(parsing: json))),
            steps: steps
        )
    }

    @Test("a folder is read in the order of its numbers, and only where it is asked for")
    func folder() throws {
        let folder = try TemporaryFolder()
        let late = event(33, 33, 1, 2500) + event(33, 33, 1, 2600)
        try write(event(1, 0, 1, 0) + event(1, 0, 0, 400) + late, to: "nmnist/Train/3/00010.bin", in: folder)
        try write(event(5, 2, 0, 1500), to: "nmnist/Train/7/00002.bin", in: folder)
        try write([0], to: "nmnist/Train/0/00011.bin", in: folder)
        try write([0], to: "nmnist/Train/0/notes.txt", in: folder)
        #expect(
            failure { try open("nmnist", "train", folder.path, "{}") }
                == .dataMissing(
                    "the data set 'nmnist' is not in '\(folder["nmnist"])' (missing: Test); "
                        + "put the folders Train, Test into '\(folder["nmnist"])', as published"
                )
        )
        try write(event(0, 0, 0, 0), to: "nmnist/Test/0/00001.bin", in: folder)
        let set = try open("nmnist", "train", folder.path, #"{"samples": 2}"#, steps: 3)
        #expect(set.count == 2 && set.labelCounts == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0])
        #expect(set.shape == SampleShape(channels: 2, height: 34, width: 34, frames: 3))
        #expect(set.eventPairs(0) == [[2, 73]])
        #expect(set.eventPairs(1) == [[0, 1157], [0, 1], [2, 2311]])
        #expect(set.droppedEvents == 1)
        let merged = try open(
            "nmnist",
            "train",
            folder.path,
            #"{"samples": 2, "events": {"merge_polarity": true, "bin": 10, "steps": 9}}"#,
            steps: 3
        )
        #expect(merged.eventPairs(1) == [[0, 1], [0, 1], [0, 1155], [0, 1155]])
        let parts = ["train", "validation"].map { part in
            #"{"samples": 2, "validation": {"fraction": 0.5, "part": "\#(part)"}}"#
        }
        let counts = try parts.map { try open("nmnist", "train", folder.path, $0, steps: 3).labelCounts }
        #expect(counts[0] != counts[1] && zip(counts[0], counts[1]).map(+) == set.labelCounts)
        #expect(try open("nmnist", "test", folder.path, "{}", steps: 3).eventPairs(0) == [[0, 0]])
        #expect(
            failure { try open("nmnist", "train", folder.path, "{}", steps: 3) }
                == .corrupt(
                    "'\(folder["nmnist/Train/0/00011.bin"])' is truncated: it must have 5 bytes an event, got 1 bytes"
                )
        )
        try write([], to: "nmnist/Train/x/00001.bin", in: folder)
        #expect(
            failure { try open("nmnist", "train", folder.path, "{}", steps: 3) }
                == .corrupt(
                    "'\(folder["nmnist/Train"])' must have files Train/<digit>/<number>.bin, "
                        + "got '\(folder["nmnist/Train/x/00001.bin"])'"
                )
        )
    }

    @Test("a set that is put in place by hand is neither fetched nor imported")
    func origin() throws {
        let folder = try TemporaryFolder()
        let law = "put the folders Train, Test into '\(folder["nmnist"])'"
        #expect(
            failure { try Fetch.fetch("nmnist", directory: folder.path) }
                == .notSupported("'nmnist' cannot be fetched: \(law)")
        )
        #expect(
            failure { try Fetch.importSet("nmnist", from: folder.path, directory: folder.path) }
                == .notSupported("'nmnist' cannot be imported: \(law)")
        )
        #expect(folder.names == [])
    }

    /// An archive with pax headers by Python's tarfile and lzma: Train/3/2.bin and Train/7/00001.bin with an overflow,
    /// Train/readme.txt, Test/0/1.bin.
    private static let archive = """
        /Td6WFoAAATm1rRGAgAhARwAAAAQz1jM4Cf/APxdABcL3ASAUDIm7h19G/PyyzPs7Pg38OrWeoAbGRtWH5JIYVoMKO8K8jh/r7Z/KpSR
        4jFORMhAHYIWbHSb7F45MU9+XM5dXkxc5fZCuxKmL1YfSVZ5PVWpSaedlkV7I9aSz6MKiFE4DbmnMVOLLcP97/Nr8jmOo4qpElXKGt7K
        s/848pL9Rv3jfjQA7e/sWbuQbMwmY9r1Njk0qPNIF5vr56pVSnGalgePaChB+F5vcSYuf+l4/T0BfLvCtOeub/uiDU3Vt7ZBe/6KAd7L
        aAX36UY6piZDIuMua7K0mmmynFtxuOsgo/I5cdYcva68aa16rEfg4vqqbeF4VhHyNAA0doBafG6mcQABmAKAUAAAGItFybHEZ/sCAAAA
        AARZWg==
        """

    @Test("an archive is read in memory")
    func archived() throws {
        let folder = try TemporaryFolder()
        try write(try Digits.decodeBase64(Self.archive).array, to: "nmnist-small/NMNIST-small.tar.xz", in: folder)
        let set = try open("nmnist-small", "train", folder.path, "{}", steps: 300)
        #expect((0..<set.count).map { set.label($0) } == [7, 3])
        #expect(set.eventPairs(0) == [[2, 73], [8, 1229]])
        #expect(try open("nmnist-small", "test", folder.path, "{}", steps: 300).eventPairs(0) == [[0, 0]])
        #expect(folder.names == ["nmnist-small"])
        try folder.write([1, 2, 3], to: "nmnist-small/NMNIST-small.tar.xz")
        guard case .corrupt? = failure({ try open("nmnist-small", "test", folder.path, "{}", steps: 3) }) else {
            Issue.record("a damaged archive must be refused")
            return
        }
    }

    // Label counts as its source states them; events counted with numpy.
    @Test("the small set is read whole", .enabled(if: LargeSets.has("nmnist-small"), "\(LargeSets.reason)"))
    func small() throws {
        let folder = LargeSets.directory
        let train = try open("nmnist-small", "train", folder, #"{"events": {"merge_polarity": true}}"#, steps: 300)
        #expect(train.labelCounts == [97, 116, 99, 93, 105, 92, 94, 117, 87, 100])
        let first = train.eventPairs(0)
        #expect(first.count == 4677 && Set(first).count == 4668 && train.label(0) == 5)
        let row = train.row(0)
        #expect(row.max() == 2 && row[13 * 1156 + 526] == 2)
        let apart = try open("nmnist-small", "train", folder, #"{"events": {"bin": 3}, "samples": 1}"#, steps: 100)
        #expect(apart.droppedEvents == 5)
        #expect(apart.eventPairs(0).reduce(0) { $0 + $1[0] * 2312 + $1[1] } == 486_502_013)
        let test = try open("nmnist-small", "test", folder, "{}", steps: 300)
        #expect(test.labelCounts == [8, 14, 8, 11, 14, 7, 10, 15, 2, 11])
        #expect((0..<100).reduce(0) { $0 + test.eventPairs($1).count } == 385_596 - 2468)
        #expect(test.droppedEvents == 2468)
    }
}
