import SNNKernel
import Testing

@testable import SNN

@Suite("perspective and noise")
struct AugmentationTests {
    private func parse(_ text: String) throws -> Preprocessing {
        try Preprocessing(JSONField(JSONValue(parsing: text), path: "preprocessing"))
    }

    private func wanted(distortion: Double = 0.4, probability: Double = 1) -> Preprocessing {
        var wanted = Preprocessing()
        wanted.perspective = .init(distortion: distortion, probability: probability)
        return wanted
    }

    private func digits(_ preprocessing: Preprocessing) throws -> Dataset {
        try DataCatalogue.open("digits", split: "train", preprocessing: preprocessing)
    }

    private static let shape = SampleShape(channels: 1, height: 5, width: 6)
    /// Corners of an image of 6 x 5 that moved inwards.
    private static let moved = [(1, 0), (1, 1), (0, 1), (0, 0)]
    private static let corners: [(Double, Double)] = [(1, 0), (4, 1), (5, 3), (0, 4)]

    /// The value at a point of a plane, weighted over the four pixels around it; 0 outside.
    private func sample(_ plane: [Float], _ shape: SampleShape, x: Double, y: Double) -> Double {
        var sum = 0.0
        for row in 0..<shape.height {
            for column in 0..<shape.width {
                // A pixel's centre lies half a pixel inside it.
                let across = max(0, 1 - abs(x - Double(column) - 0.5))
                let along = max(0, 1 - abs(y - Double(row) - 0.5))
                sum += across * along * Double(plane[row * shape.width + column])
            }
        }
        return sum
    }

    @Test("the map brings corners to corners")
    func corners() throws {
        let map = Perspective(Self.shape) { Self.moved[$0] }
        let targets: [(Double, Double)] = [(0, 0), (5, 0), (5, 4), (0, 4)]
        for (corner, target) in zip(Self.corners, targets) {
            let point = try #require(map.source(x: corner.0, y: corner.1))
            #expect(abs(point.x - target.0) < 1e-12 && abs(point.y - target.1) < 1e-12)
        }
        let still = Perspective(Self.shape) { _ in (0, 0) }
        let point = try #require(still.source(x: 2.5, y: 3.25))
        #expect(abs(point.x - 2.5) < 1e-12 && abs(point.y - 3.25) < 1e-12)
    }

    // torchvision 0.28, perspective of arange(1, 31) as 5 x 6 with these corners, bilinear, without a fill mask.
    @Test("a distorted image is that of torchvision")
    func torchvision() throws {
        let expected: [Double] = [
            1.0511, 2.0665, 1.1667, 0, 0, 0, 4.9865, 11.0567, 10.899, 10.655, 6.4516, 0, 9.5233, 17.1166, 18.0405,
            19.3525, 21.3618, 0, 13.8757, 21.478, 22.8889, 24.781, 27.4509, 21.0004, 17.8265, 24.7672, 23.3564,
            18.1553, 10.6816, 0,
        ]
        let map = Perspective(Self.shape) { Self.moved[$0] }
        let image = (1...30).map { Float($0) }
        for index in 0..<30 {
            let point = map.source(x: Double(index % 6) + 0.5, y: Double(index / 6) + 0.5)
            let value = point.map { sample(image, Self.shape, x: $0.x, y: $0.y) } ?? 0
            #expect(abs(value - expected[index]) < 1e-4, "pixel \(index)")
        }
    }

    @Test("the training fill distorts, then crops and mirrors, normalised outside too")
    func fill() throws {
        var asked = wanted(distortion: 0.5)
        (asked.cropPadding, asked.flip, asked.mean, asked.std) = (2, true, [0.25], [0.5])
        let set = try digits(asked)
        var scaled = asked.forEvaluation
        (scaled.mean, scaled.std) = ([], [])
        let plain = try DataCatalogue.open("digits", split: "train", preprocessing: scaled)
        for epoch in 0..<40 {
            let drawn = Augmentation(asked, shape: set.shape, seed: 3, epoch: epoch, sample: 7)
            let map = try #require(drawn.perspective)
            let (row, image) = (set.row(7, epoch: epoch, seed: 3), plain.row(7))
            for index in 0..<64 {
                let column = (drawn.isMirrored ? 7 - index % 8 : index % 8) + drawn.right
                let line = index / 8 + drawn.down
                let isInside = 0..<8 ~= column && 0..<8 ~= line
                let point = isInside ? map.source(x: Double(column) + 0.5, y: Double(line) + 0.5) : nil
                let value = point.map { sample(image, set.shape, x: $0.x, y: $0.y) } ?? 0
                #expect(abs(Double(row[index]) - (value - 0.25) / 0.5) < 1e-5, "epoch \(epoch), pixel \(index)")
            }
        }
    }

    @Test("every corner moves by uniform whole pixels, up to the distortion times half a side")
    func reach() throws {
        let asked = wanted(distortion: 0.5)
        let shape = SampleShape(channels: 1, height: 8, width: 13)
        let (columns, rows) = try #require(asked.perspective?.reach(shape))
        #expect(columns == 3 && rows == 2)
        let targets: [(Double, Double)] = [(0, 0), (12, 0), (12, 7), (0, 7)]
        var counts = [[Int]](repeating: [Int](repeating: 0, count: 12), count: 4)
        for epoch in 0..<1200 {
            let drawn = Augmentation(asked, shape: shape, seed: 1, epoch: epoch, sample: 0)
            let map = try #require(drawn.perspective)
            for (corner, target) in targets.enumerated() {
                for choice in 0..<12 {
                    let x = abs(target.0 - Double(choice % 4))
                    let y = abs(target.1 - Double(choice / 4))
                    guard let point = map.source(x: x, y: y) else { continue }
                    if abs(point.x - target.0) < 1e-9, abs(point.y - target.1) < 1e-9 { counts[corner][choice] += 1 }
                }
            }
        }
        // Five standard deviations about 100 of 1200.
        for corner in counts { #expect(corner.reduce(0, +) == 1200 && corner.allSatisfy { 52...148 ~= $0 }) }
    }

    @Test("probability 0, distortion 0 and deviation 0 leave every value as it is")
    func identity() throws {
        let plain = try digits(Preprocessing())
        var silent = wanted(probability: 0)
        silent.noise = .init(std: 0.5, probability: 0)
        var none = wanted(distortion: 0)
        none.noise = .init(std: 0, probability: 1)
        for asked in [silent, none] {
            let set = try digits(asked)
            for epoch in 0..<50 { #expect(set.row(epoch, epoch: epoch, seed: 2) == plain.row(epoch)) }
        }
    }

    @Test("so many samples are distorted and noisy as asked for")
    func probability() throws {
        var asked = wanted(probability: 0.7)
        asked.noise = .init(std: 0.05, probability: 0.25)
        let shape = SampleShape(channels: 1, height: 28, width: 28)
        let drawn = (0..<4000).map { Augmentation(asked, shape: shape, seed: 6, epoch: 0, sample: $0) }
        // Four standard deviations.
        #expect(abs(drawn.count { $0.perspective != nil } - 2800) < 116)
        let deviations = drawn.map(\.deviation).filter { $0 > 0 }
        #expect(abs(deviations.count - 1000) < 110)
        #expect(deviations.allSatisfy { $0 < 0.05 })
        // Uniform in 0..<0.05: the mean is 0.025.
        let mean = deviations.reduce(0, +) / Double(deviations.count)
        #expect(abs(mean - 0.025) < 4 * 0.05 / 12.squareRoot() / Double(deviations.count).squareRoot())
    }

    @Test("noise has the mean and the deviation that were drawn, and is cut to 0...1")
    func noise() throws {
        var asked = Preprocessing()
        (asked.noise, asked.mean, asked.std) = (.init(std: 0.1, probability: 1), [0.5], [0.25])
        let features = 4096
        func set(_ value: Float) throws -> Dataset {
            try Dataset(
                name: "test",
                split: "train",
                shape: SampleShape(features: features),
                classes: 1,
                count: 1,
                storage: .floats(ByteBuffer([Float](repeating: value, count: features))),
                labels: .owned([0]),
                preprocessing: asked
            )
        }
        let (grey, white) = (try set(0.5), try set(1))
        for epoch in 0..<20 {
            let drawn = Augmentation(asked, shape: grey.shape, seed: 9, epoch: epoch, sample: 0)
            let values = grey.row(0, epoch: epoch, seed: 9).map { Double($0) * 0.25 }
            let mean = values.reduce(0, +) / Double(features)
            let deviation = (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(features)).squareRoot()
            #expect(abs(mean) < 5 * drawn.deviation / 64)
            #expect(abs(deviation - drawn.deviation) < 5 * drawn.deviation / 90)
            let cut = white.row(0, epoch: epoch, seed: 9)
            #expect(cut.allSatisfy { $0 <= 2 } && cut.count { $0 == 2 } > features / 3)
            #expect(cut.count { $0 < 2 } > features / 3)
        }
    }

    @Test("what is drawn depends on seed, sample and epoch alone, not on order or threads")
    func independence() async throws {
        var asked = wanted(distortion: 0.5, probability: 0.7)
        (asked.cropPadding, asked.noise) = (1, .init(std: 0.05))
        let set = try digits(asked)
        let serial = (0..<200).map { set.row($0, epoch: 1, seed: 4) }
        let parallel = await withTaskGroup(of: (Int, [Float]).self) { group in
            for sample in (0..<200).reversed() { group.addTask { (sample, set.row(sample, epoch: 1, seed: 4)) } }
            return await group.reduce(into: [Int: [Float]]()) { $0[$1.0] = $1.1 }
        }
        for sample in 0..<200 { #expect(parallel[sample] == serial[sample]) }
        #expect((0..<200).contains { set.row($0, epoch: 2, seed: 4) != serial[$0] })
        #expect((0..<200).contains { set.row($0, epoch: 1, seed: 5) != serial[$0] })
    }

    @Test("JSON becomes a value and the same JSON again")
    func roundTrip() throws {
        let text =
            #"{"augment":{"noise":{"probability":0.25,"std":0.05},"perspective":{"distortion":0.4,"probability":0.7}}}"#
        let value = try parse(text)
        #expect(value.perspective == .init(distortion: 0.4, probability: 0.7))
        #expect(value.noise == .init(std: 0.05, probability: 0.25))
        #expect(value.json.text() == text && value.augments && !value.forEvaluation.augments)
        let short = try parse(#"{"augment":{"noise":{"std":0.05},"perspective":{"distortion":0.4}}}"#)
        #expect(short.perspective?.probability == 0.5 && short.noise?.probability == 0.5)
    }

    @Test(
        "bad numbers are refused with law and value",
        arguments: [
            (#"{"perspective":{"distortion":1}}"#, "augment.perspective.distortion must be in [0, 1), got 1.0"),
            (#"{"perspective":{"distortion":-0.1}}"#, "augment.perspective.distortion must be in [0, 1), got -0.1"),
            (
                #"{"perspective":{"distortion":0.1,"probability":1.5}}"#,
                "augment.perspective.probability must be in [0, 1], got 1.5"
            ),
            (
                #"{"perspective":{"probability":0.5}}"#,
                "preprocessing.augment.perspective.distortion must be a number, but it is missing"
            ),
            (#"{"noise":{"std":-1}}"#, "augment.noise.std must be >= 0 and finite, got -1.0"),
            (#"{"noise":{"std":0.1,"probability":-1}}"#, "augment.noise.probability must be in [0, 1], got -1.0"),
            (
                #"{"noise":{"mean":0}}"#,
                "unknown key in preprocessing.augment.noise: 'mean'; known: probability, std"
            ),
            (
                #"{"perspective":{"distortion":0.9}}"#,
                "augment.perspective.distortion must keep the corners of a sample (8 x 8) convex wherever they move, "
                    + "got 0.9"
            ),
        ]
    )
    func refused(_ text: String, _ sentence: String) {
        #expect {
            try digits(parse(#"{"augment":\#(text)}"#))
        } throws: { error in
            (error as? SNNError)?.message == sentence
        }
    }

    @Test("plain vectors have no perspective, and noise wants values of 0...1")
    func misfits() throws {
        func open(_ text: String) throws -> Dataset {
            try DataCatalogue.open("yin-yang", split: "train", preprocessing: parse(text))
        }
        #expect(
            throws: SNNError.parameter("augment.perspective acts on images of at least 2 x 2 pixels, got 1 x 4")
        ) { try open(#"{"augment":{"perspective":{"distortion":0.1}}}"#) }
        #expect(throws: Never.self) { try open(#"{"augment":{"noise":{"std":0.1}}}"#) }
        #expect(throws: Never.self) {
            try open(#"{"normalize":{"mean":[0.5],"std":[0.3]},"augment":{"noise":{"std":0.1}}}"#)
        }
        #expect {
            try open(#"{"scale":2,"augment":{"noise":{"std":0.1}}}"#)
        } throws: { error in
            guard case .parameter(let sentence)? = error as? SNNError else { return false }
            return sentence.hasPrefix("augment.noise needs scaled values in 0 ... 1, got 1.3")
        }
    }
}
