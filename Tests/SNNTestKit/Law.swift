import SNNKernel
import Testing

/// Words and place of one check: every failure says which law broke, with which seed, where the caller stands.
struct Law {
    let subject: String
    let seed: UInt64
    let location: SourceLocation

    /// Records a failure unless `holds`.
    func require(_ holds: Bool, _ claim: @autoclosure () -> String) {
        if !holds { Issue.record("\(subject): \(claim()) (seed \(seed))", sourceLocation: location) }
    }

    /// Records a failure unless two rows of numbers are equal to the bit.
    func equalBits(_ a: [Float], _ b: [Float], _ claim: @autoclosure () -> String) {
        guard a.count == b.count else { return require(false, "\(claim()): \(a.count) numbers, not \(b.count)") }
        if let place = a.indices.first(where: { a[$0].bitPattern != b[$0].bitPattern }) {
            require(false, "\(claim()): \(a[place]) is not \(b[place]) at \(place) of \(a.count)")
        }
    }
}

/// How far `numbers` are from `reference`: the length of the difference over the length of the reference.
///
/// One number a tensor, because a single small entry carries the rounding of the large ones it was computed with.
public func relativeError(_ numbers: [Double], _ reference: [Double]) -> Double {
    let difference = zip(numbers, reference).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    let length = reference.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return difference == 0 ? 0 : difference / length
}

/// One sample's part of numbers laid out `[slices, batch, count]`.
func part(of sample: Int, in numbers: [Float], batch: Int, count: Int) -> [Float] {
    var part: [Float] = []
    for first in stride(from: sample * count, to: numbers.count, by: batch * count) {
        part += numbers[first..<first + count]
    }
    return part
}

extension Activity {
    /// What is sent, `[steps, batch, neurons]`, scale included.
    public var numbers: [Float] {
        (0..<steps).flatMap { t in (0..<batch * count).map { value(step: t, index: $0) } }
    }
}

extension Values {
    /// The numbers of every slice that exists.
    public var numbers: [Float] { Array(storage.elements) }

    /// A copy that shares nothing.
    public var copy: Values {
        Values(steps: steps, batch: batch, count: count, isConstant: isConstant, storage: storage.copy())
    }
}
