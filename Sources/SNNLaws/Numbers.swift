import SNNKernel

/// Where two rows of numbers first differ in any bit; nil where they do not.
public func firstDifference(_ a: [Float], _ b: [Float]) -> String? {
    guard a.count == b.count else { return "\(a.count) numbers, not \(b.count)" }
    return a.indices.first { a[$0].bitPattern != b[$0].bitPattern }
        .map { "\(a[$0]) is not \(b[$0]) at \($0) of \(a.count)" }
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
public func part(of sample: Int, in numbers: [Float], batch: Int, count: Int) -> [Float] {
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

    /// Every number times a factor, in place.
    func scaled(by factor: Float) -> Values {
        for index in 0..<storage.count { base[index] *= factor }
        return self
    }

    /// A constant as the same at every step.
    var spelled: Values {
        let result = Values(steps: steps, batch: batch, count: count)
        for t in 0..<steps {
            for index in 0..<row { result.step(t)[index] = step(t)[index] }
        }
        return result
    }
}

extension Double {
    /// With four digits, for people.
    var short: String {
        guard isFinite, self != 0 else { return "\(self)" }
        var (digits, exponent) = (self, 0)
        while digits.magnitude >= 10 { (digits, exponent) = (digits / 10, exponent + 1) }
        while digits.magnitude < 1 { (digits, exponent) = (digits * 10, exponent - 1) }
        guard !(-4...5 ~= exponent) else {
            var unit = 1.0
            for _ in 0..<max(0, 3 - exponent) { unit *= 10 }
            return "\((self * unit).rounded() / unit)"
        }
        return "\((digits * 1000).rounded() / 1000)e\(exponent)"
    }
}
