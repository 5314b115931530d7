import SNNKernel

/// Thresholds and resets under search, with the amplitudes that suit them best.
///
/// For given spikes z the amplitudes d are a linear least-squares problem, so the error of thresholds T and resets h is
///
///     E = (sum of y^2 - b' G^-1 b) / N,    G(s, t) = number of inputs where s and t spike,    b(t) = sum of y z(t)
///
/// A change at step t leaves the spikes, the rows of G and the rows of its Cholesky factor before t as they are; only
/// the rest is computed again. G is counted from spikes kept as bits, and y in whole numbers, so both are exact.
///
/// Bit i of a lane's word k stands for the point (512 k' + 16 i + lane): the order has no say in any sum.
final class StaircaseSearch {
    private typealias Potentials = SIMD16<Float>
    private typealias Bits = SIMD16<UInt32>
    private typealias Targets = SIMD16<Int32>

    /// Points come in blocks of as many.
    static let block = 512

    let steps: Int
    /// Points that the error is measured on.
    let count: Int

    /// T and h as they are proposed; ``take()`` keeps them and ``dropProposal()`` takes them back.
    var thresholds: [Float]
    var resets: [Float]
    /// What was kept last, and its cost.
    private(set) var kept: (thresholds: [Float], resets: [Float])
    private(set) var cost = Double.infinity

    private let blocks: Int
    private let points: Storage<Potentials>
    private let targets: Storage<Targets>
    /// One in the numbers of `targets`.
    private let unit: Double
    private let sumOfSquares: Double
    /// What one spike per input adds to the cost.
    private let spikePrice: Double

    /// Every step has two places [2, steps, ...], one for what is kept and one for what is proposed.
    private let potentials: Storage<Potentials>
    private let spikes: Storage<Bits>
    private let factors: Storage<Double>
    private let whitened: Storage<Double>
    private let spikeCounts: Storage<Double>
    /// Which of the two is kept.
    private var keptPlaces: [Int]
    private var proposedFrom = 0
    private var proposedCost = Double.infinity

    /// A search over `steps` steps that has not begun: set thresholds and resets, then ``propose(from:)`` 0.
    init(steps: Int, points: (x: [Float], y: [Double]), spikePrice: Double) {
        precondition(points.x.count.isMultiple(of: Self.block), "points come in blocks")
        self.steps = steps
        self.spikePrice = spikePrice
        count = points.x.count
        blocks = count / Self.block
        self.points = Storage(count / 16)
        targets = Storage(count / 16)
        let largest = points.y.reduce(1e-30) { max($0, abs($1)) }
        // A lane adds up 32 numbers a block, which must stay below 2^31.
        unit = largest / (0x1p25 / Double(blocks)).rounded(.down)
        var squares = 0.0
        for place in points.x.indices {
            let whole = (points.y[place] / unit).rounded()
            self.points.base[place / 16][place % 16] = points.x[place]
            targets.base[place / 16][place % 16] = Int32(whole)
            squares += whole * whole
        }
        sumOfSquares = squares * unit * unit
        thresholds = Array(repeating: 0, count: steps)
        resets = thresholds
        kept = (thresholds, resets)
        potentials = Storage(2 * steps * count / 16)
        spikes = Storage(2 * steps * blocks)
        factors = Storage(2 * steps * steps)
        whitened = Storage(2 * steps)
        spikeCounts = Storage(2 * steps)
        keptPlaces = Array(repeating: 0, count: steps)
    }

    /// The cost with `thresholds` and `resets` as they are now, where those of steps before `step` were kept.
    func propose(from step: Int) -> Double {
        proposedFrom = step
        for t in step..<steps { factor(t, sum: fire(t)) }
        var explained = 0.0
        var spikeCount = 0.0
        for t in 0..<steps {
            explained += whitened.base[place(t)] * whitened.base[place(t)]
            spikeCount += spikeCounts.base[place(t)]
        }
        proposedCost = (max(0, sumOfSquares - explained) + spikePrice * spikeCount) / Double(count)
        return proposedCost
    }

    /// Keeps what was proposed.
    func take() {
        for t in proposedFrom..<steps {
            keptPlaces[t] = 1 - keptPlaces[t]
            kept.thresholds[t] = thresholds[t]
            kept.resets[t] = resets[t]
        }
        proposedFrom = steps
        cost = proposedCost
    }

    /// Takes back what was proposed.
    func dropProposal() {
        for t in proposedFrom..<steps {
            thresholds[t] = kept.thresholds[t]
            resets[t] = kept.resets[t]
        }
        proposedFrom = steps
    }

    /// The best amplitudes for what was kept: backward substitution.
    var amplitudes: [Double] {
        var solution = (0..<steps).map { whitened.base[place($0)] }
        for t in stride(from: steps - 1, through: 0, by: -1) {
            for later in t + 1..<max(steps, t + 1) {
                solution[t] -= factors.base[place(later) * steps + t] * solution[later]
            }
            solution[t] /= factors.base[place(t) * steps + t]
        }
        return solution
    }

    /// The potential of one point before a step, as kept.
    func potential(of point: Int, before step: Int) -> Float {
        guard step > 0 else { return points.base[point / 16][point % 16] }
        return potentials.base[place(step - 1) * count / 16 + point / 16][point % 16]
    }

    /// Where the numbers of step t are: the proposed ones where it was changed.
    private func place(_ t: Int) -> Int {
        (t < proposedFrom ? keptPlaces[t] : 1 - keptPlaces[t]) * steps + t
    }

    /// Potentials after step t and its spikes; answers b(t).
    private func fire(_ t: Int) -> Double {
        let rows = count / 16
        let source = UnsafePointer(t == 0 ? points.base : potentials.base + place(t - 1) * rows)
        let destination = potentials.base + place(t) * rows
        let planes = spikes.base + place(t) * blocks
        let target = UnsafePointer(targets.base)
        let threshold = Potentials(repeating: thresholds[t])
        let reset = Potentials(repeating: resets[t])
        let nothing = Potentials(repeating: 0)
        var sums = Targets.zero
        for block in 0..<blocks {
            var word = Bits.zero
            var bit = Bits(repeating: 1)
            for row in (32 * block)..<(32 * block + 32) {
                let potential = source[row]
                let fires: SIMDMask<SIMD16<Int32>> = potential .> threshold
                word |= Bits.zero.replacing(with: bit, where: fires)
                sums &+= Targets.zero.replacing(with: target[row], where: fires)
                destination[row] = difference(potential, nothing.replacing(with: reset, where: fires))
                bit = bit &+ bit
            }
            planes[block] = word
        }
        var sum = 0
        for lane in 0..<16 { sum += Int(sums[lane]) }
        return Double(sum) * unit
    }

    /// Row t of the Cholesky factor of G, and of what b becomes.
    private func factor(_ t: Int, sum: Double) {
        let words = 8 * blocks
        let bits = UnsafeRawPointer(spikes.base).assumingMemoryBound(to: UInt64.self)
        let own = bits + place(t) * words
        let row = factors.base + place(t) * steps
        var rest = sum
        for s in 0...t {
            let other = bits + place(s) * words
            var shared = 0
            for word in 0..<words { shared &+= (own[word] & other[word]).nonzeroBitCount }
            let otherRow = factors.base + place(s) * steps
            var entry = Double(shared)
            for k in 0..<s { entry -= row[k] * otherRow[k] }
            if s < t {
                row[s] = entry / otherRow[s]
                rest -= row[s] * whitened.base[place(s)]
            } else {
                spikeCounts.base[place(t)] = Double(shared)
                // A step that spikes nowhere, or with another one, has no amplitude of its own.
                row[t] = max(entry + Self.ridge, Self.ridge).squareRoot()
            }
        }
        whitened.base[place(t)] = rest / row[t]
    }

    /// What keeps G regular, in points: so little that it adds less than 1e-7 of the amplitudes to the error.
    private static let ridge = 1e-6
}

/// `a - b`; on vectors themselves the sign could mean the lane's or the standard library's.
@inline(__always)
private func difference<Value: Lane>(_ a: Value, _ b: Value) -> Value { a - b }
