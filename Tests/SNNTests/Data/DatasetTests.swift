import SNNKernel
import Testing

@testable import SNN

@Suite("data sets")
struct DatasetTests {
    /// Two colour images of 3 x 4 with pixels 0..<72, in steps.
    private func images(_ preprocessing: Preprocessing = Preprocessing()) throws -> Dataset {
        try Dataset(
            name: "test",
            split: "train",
            shape: SampleShape(channels: 3, height: 3, width: 4),
            classes: 2,
            count: 2,
            storage: .pixels(ByteBuffer([UInt8](1...72))),
            labels: .owned([1, 0]),
            preprocessing: preprocessing
        )
    }

    @Test("pixels are scaled and normalised channel by channel")
    func normalise() throws {
        var wanted = Preprocessing()
        (wanted.scale, wanted.mean, wanted.std) = (0.5, [0, 1, 2], [1, 2, 4])
        let row = try images(wanted).row(1)
        for index in 0..<36 {
            let channel = index / 12
            let expected = (Double(37 + index) * 0.5 - [0, 1, 2][channel]) / [1, 2, 4][channel]
            #expect(row[index] == Float(expected))
        }
    }

    @Test("without augmentation the training fill is the plain one")
    func plain() throws {
        let set = try images()
        #expect(set.row(0, epoch: 3, seed: 9) == set.row(0))
        #expect(set.row(0) == (1...36).map { Float($0) })
    }

    @Test("every crop and flip is a window of the padded image, the same for all channels")
    func augmentation() throws {
        var wanted = Preprocessing()
        (wanted.cropPadding, wanted.flip) = (2, true)
        let set = try images(wanted)
        var seen: Set<[Int]> = []
        for epoch in 0..<2000 {
            let row = set.row(1, epoch: epoch, seed: 5)
            // Find the offset that explains the row.
            let candidates = (-2...2).flatMap { down in
                (-2...2).flatMap { right in [0, 1].map { [down, right, $0] } }
            }
            let matches = candidates.filter { candidate in
                (0..<36).allSatisfy { index in
                    let (channel, y, x) = (index / 12, index / 4 % 3, index % 4)
                    let column = (candidate[2] == 1 ? 3 - x : x) + candidate[1]
                    let line = y + candidate[0]
                    let inside = 0..<3 ~= line && 0..<4 ~= column
                    return row[index] == (inside ? Float(37 + channel * 12 + line * 4 + column) : 0)
                }
            }
            #expect(!matches.isEmpty, "epoch \(epoch)")
            seen.formUnion(matches)
        }
        #expect(seen.count == 50, "all 25 crops, mirrored or not, appear in 2000 epochs")
    }

    @Test("half of the samples are mirrored")
    func flips() throws {
        var wanted = Preprocessing()
        wanted.flip = true
        let set = try images(wanted)
        let plain = set.row(0)
        let mirrored = (0..<4000).count { set.row(0, epoch: $0, seed: 1) != plain }
        // Four standard deviations of a fair coin.
        #expect(abs(mirrored - 2000) < 127)
    }

    @Test("outside the image lies a black pixel, normalised like any other")
    func outside() throws {
        var wanted = Preprocessing()
        (wanted.mean, wanted.std, wanted.cropPadding) = ([10, 20, 30], [2, 2, 2], 2)
        let set = try images(wanted)
        let values = Set((0..<200).flatMap { epoch in set.row(0, epoch: epoch, seed: 2)[..<12] })
        #expect(values.contains(-5))
        #expect(!values.contains(0) || set.row(0)[..<12].contains(0))
    }

    @Test("augmentation depends on seed, sample and epoch alone, not on order or threads")
    func independence() async throws {
        var wanted = Preprocessing()
        (wanted.cropPadding, wanted.flip) = (3, true)
        let set = try DataCatalogue.open("digits", split: "train", preprocessing: wanted)
        let serial = (0..<200).map { set.row($0, epoch: 1, seed: 4) }
        let parallel = await withTaskGroup(of: (Int, [Float]).self) { group in
            for sample in (0..<200).reversed() { group.addTask { (sample, set.row(sample, epoch: 1, seed: 4)) } }
            return await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        for sample in 0..<200 { #expect(parallel[sample] == serial[sample]) }
        #expect((0..<200).contains { set.row($0, epoch: 2, seed: 4) != serial[$0] })
        #expect((0..<200).contains { set.row($0, epoch: 1, seed: 5) != serial[$0] })
    }

    @Test("floats are augmented like pixels")
    func floats() throws {
        var wanted = Preprocessing()
        (wanted.cropPadding, wanted.flip, wanted.mean, wanted.std) = (2, true, [1, 2, 3], [2, 4, 8])
        let bytes = try images(wanted)
        let floats = try Dataset(
            name: "test",
            split: "train",
            shape: bytes.shape,
            classes: 2,
            count: 2,
            storage: .floats(ByteBuffer((1...72).map { Float($0) })),
            labels: .owned([1, 0]),
            preprocessing: wanted
        )
        for epoch in 0..<50 {
            let (left, right) = (bytes.row(1, epoch: epoch, seed: 8), floats.row(1, epoch: epoch, seed: 8))
            // One rounding more on the way.
            #expect(zip(left, right).allSatisfy { abs($0 - $1) < 1e-5 })
        }
    }

    @Test("a caller's arrays are used where they are")
    func borrowed() throws {
        var inputs: [Float] = [1, 2, 3, 4]
        var labels: [Int32] = [0, 1]
        try inputs.withUnsafeMutableBufferPointer { inputs in
            try labels.withUnsafeMutableBufferPointer { labels in
                let x = try #require(inputs.baseAddress)
                let y = try #require(labels.baseAddress)
                let set = try Dataset(borrowing: x, samples: 2, features: 2, labels: y, classes: 2)
                #expect(set.row(1) == [3, 4])
                x[2] = 7
                y[1] = 0
                #expect(set.row(1) == [7, 4])
                #expect(set.label(1) == 0)

                #expect(throws: SNNError.argument("a data set must have at least 1 sample, got 0")) {
                    try Dataset(borrowing: x, samples: 0, features: 2, labels: y, classes: 2)
                }
                #expect(throws: SNNError.argument("a data set must have at least 1 class, got 0")) {
                    try Dataset(borrowing: x, samples: 2, features: 2, labels: y, classes: 0)
                }
                #expect(throws: SNNError.self) {
                    try Dataset(borrowing: x, samples: 2, features: 0, labels: y, classes: 2)
                }
                #expect(throws: SNNError.self) {
                    try Dataset(borrowing: x, samples: .max, features: 2, labels: y, classes: 2)
                }
                #expect(throws: SNNError.self) {
                    try Dataset(borrowing: x, samples: 2, features: -1, labels: y, classes: 2)
                }
                y[1] = 2
                #expect(throws: SNNError.parameter("a label must be in 0..<2, got 2 at sample 1")) {
                    try Dataset(borrowing: x, samples: 2, features: 2, labels: y, classes: 2)
                }
                y[1] = -1
                #expect(throws: SNNError.parameter("a label must be in 0..<2, got -1 at sample 1")) {
                    try Dataset(borrowing: x, samples: 2, features: 2, labels: y, classes: 2)
                }
                y[1] = 1
                x[3] = .infinity
                #expect(throws: SNNError.notFinite("inputs must be finite, got inf at sample 1, value 1")) {
                    try Dataset(borrowing: x, samples: 2, features: 2, labels: y, classes: 2)
                }
            }
        }
    }

    @Test("storage and labels must fit the count")
    func sizes() throws {
        #expect(throws: SNNError.shape("2 samples of 2 values must have 4 bytes, got 3")) {
            try Dataset(
                name: "t",
                split: "train",
                shape: SampleShape(features: 2),
                classes: 2,
                count: 2,
                storage: .pixels(ByteBuffer([1, 2, 3] as [UInt8])),
                labels: .owned([0, 1])
            )
        }
        #expect(throws: SNNError.shape("2 samples must have 2 labels, got 1")) {
            try Dataset(
                name: "t",
                split: "train",
                shape: SampleShape(features: 2),
                classes: 2,
                count: 2,
                storage: .pixels(ByteBuffer([1, 2, 3, 4] as [UInt8])),
                labels: .owned([0])
            )
        }
    }
}
