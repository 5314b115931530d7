import SNNKernel

/// How well a table stands for a function.
package struct StaircaseReport: Sendable, Equatable {
    /// Weighted mean of the squared error.
    package let meanSquaredError: Double
    /// The largest error, and the input where it is.
    package let largestError: Double
    package let largestErrorInput: Double
    /// Mean number of spikes an input causes.
    package let spikesPerInput: Double

    /// Measures on 100,000 inputs that stand for equal shares of the weight, in the arithmetic of the neuron.
    ///
    /// Throws ``SNNError/notFinite(_:)`` where the function is not finite.
    package init(_ table: StepTable, _ target: StaircaseTarget) throws(SNNError) {
        let points = try target.points(100_000)
        var squares = 0.0
        var spikes = 0
        var largest = (error: 0.0, input: Double(points.x[0]))
        for (x, y) in zip(points.x, points.y) {
            let mask = table.spikes(for: x)
            let error = abs(Double(table.value(of: mask)) - y)
            squares += error * error
            spikes += mask.nonzeroBitCount
            if error > largest.error { largest = (error, Double(x)) }
        }
        let count = Double(points.x.count)
        meanSquaredError = squares / count
        (largestError, largestErrorInput) = largest
        spikesPerInput = Double(spikes) / count
    }
}
