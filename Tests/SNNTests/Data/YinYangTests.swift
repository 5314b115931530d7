import SNNKernel
import Testing

@testable import SNN

@Suite("the Yin-Yang set")
struct YinYangTests {
    // numpy 2: RandomState(seed) and its randint(3), rand(), and 32-bit words.
    @Test("the generator draws numpy's numbers")
    func numpy() {
        var words = MersenneTwister(seed: 5489)
        #expect(words.next() == 3_499_211_612)
        var mixed = MersenneTwister(seed: 42)
        #expect((0..<8).map { _ in mixed.below(3) } == [2, 0, 2, 2, 0, 0, 2, 1])
        #expect((0..<3).map { _ in mixed.uniform() } == [0.15599452033620265, 0.05808361216819946, 0.8661761457749352])
        #expect((0..<4).map { _ in mixed.below(1) } == [0, 0, 0, 0])
        for _ in 0..<1000 { #expect(mixed.below(5) < 5) }
    }

    @Test("both splits are those of the published seeds")
    func golden() throws {
        let train = try DataCatalogue.open("yin-yang", split: "train", directory: "/nowhere")
        let test = try DataCatalogue.open("yin-yang", split: "test", directory: "/nowhere")
        #expect(train.shape == SampleShape(features: 4) && train.classNames == ["yin", "yang", "dot"])
        #expect(train.labelCounts == [6675, 6625, 6700] && test.labelCounts == [3332, 3342, 3326])
        #expect((0..<8).map { train.label($0) } == [2, 1, 2, 1, 1, 1, 0, 2])
        #expect((0..<8).map { test.label($0) } == [2, 2, 1, 1, 1, 2, 2, 0])
        let expected: [(Dataset, Int, [Double])] = [
            (train, 0, [0.6803075385877797, 0.450499251969543, 0.3196924614122203, 0.549500748030457]),
            (train, 1, [0.09767211400638387, 0.6842330265121569, 0.9023278859936161, 0.3157669734878431]),
            (train, 19_999, [0.7177875926883054, 0.6992418219619755, 0.2822124073116946, 0.3007581780380245]),
            (test, 0, [0.23409664559563403, 0.4017249751828972, 0.765903354404366, 0.5982750248171028]),
            (test, 9_999, [0.07428059132745957, 0.6280021947309198, 0.9257194086725404, 0.3719978052690802]),
        ]
        for (set, sample, values) in expected { #expect(set.row(sample) == values.map { Float($0) }) }
    }

    @Test("the classes of points on every side of the borders")
    func classes() {
        // The centres of the dots, of the two heads around them, and of the halves.
        #expect(YinYang.label(0.25, 0.5) == 2 && YinYang.label(0.75, 0.5) == 2)
        #expect(YinYang.label(0.25, 0.65) == 1 && YinYang.label(0.25, 0.35) == 1)
        #expect(YinYang.label(0.75, 0.65) == 0 && YinYang.label(0.75, 0.35) == 0)
        #expect(YinYang.label(0.5, 0.9) == 1 && YinYang.label(0.5, 0.1) == 0)
    }

    @Test("samples can be chosen, scaled and cut as of any set")
    func preprocessing() throws {
        var wanted = Preprocessing()
        (wanted.samples, wanted.mean, wanted.std) = (5000, [0.5], [0.25])
        let set = try DataCatalogue.open("yin-yang", split: "train", preprocessing: wanted)
        #expect(set.count == 5000)
        #expect(abs(set.row(0)[0] - (0.6803075 - 0.5) / 0.25) < 1e-6)
    }

    private static let folder = ReadFile.join(LargeSets.directory, "yin-yang")

    @Test(
        "every published sample is generated, to the last bit",
        .enabled(if: ReadFile.isFolder(folder), "\(LargeSets.reason)"),
        arguments: [("train", 42, 5000), ("validation", 41, 1000), ("test", 40, 1000)]
    )
    func published(_ name: String, _ seed: UInt32, _ count: Int) throws {
        func file(_ part: String) throws -> NPY {
            let label = "\(name)_\(part).npy"
            return try NPY(contents: ReadFile.bytes(ReadFile.join(Self.folder, label)), label: label)
        }
        let samples = try file("samples")
        #expect(samples.shape == [count, 4])
        let values = try samples.floats()
        let generated = YinYang.samples(count, seed: seed)
        let published = (0..<4 * count).map { values.start.load(fromByteOffset: 4 * $0, as: Float.self) }
        withExtendedLifetime(values) {}
        #expect(generated.values.map(\.bitPattern) == published.map(\.bitPattern))
        #expect(generated.labels == (try file("labels").labels(below: 3)))
    }

    @Test("20,000 samples take well below a tenth of a second")
    func speed() {
        let start = Clock.seconds
        let points = YinYang.samples(20_000, seed: 42)
        let seconds = Clock.seconds - start
        #expect(points.labels.count == 20_000)
        #expect(seconds < 0.1, "took \(seconds) s")
    }
}
