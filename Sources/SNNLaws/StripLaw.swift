import SNNKernel

extension NeuronSubject {
    /// Every strip of layers that end within a tile, with a tile and with a strip.
    func strips(_ evidence: Evidence) {
        let (steps, batch) = (6, 3)
        var random = Seeded(seed &+ 5)
        for count in [5, 16, 23, 32, 75] {
            let current = currents(steps, batch, count)
            for isConstant in [false, true] {
                let gradient = random.values(steps: steps, batch: batch, count: count, isConstant: isConstant)
                let whole = model.adjoint(of: gradient, current: current)
                var found = [Float](repeating: .nan, count: steps * batch * count)
                for first in stride(from: 0, to: count, by: GradientStrip.width) {
                    let neurons = first..<min(first + GradientStrip.width, count)
                    let rows = steps * batch
                    // Sixteen a row and the others elsewhere, or all of them in one row.
                    let rowLength = random.pick([16, 32])
                    let numbers = Storage<Float>(32 * rows)
                    let high = rowLength == 32 ? 16 : 16 * rows
                    model.adjoint(
                        of: gradient,
                        current: current,
                        to: GradientStrip(
                            neurons: neurons,
                            low: numbers.base,
                            high: numbers.base + high,
                            rowLength: rowLength
                        )
                    )
                    for row in 0..<rows {
                        for neuron in neurons {
                            let (half, lane) = (neuron - first).quotientAndRemainder(dividingBy: 16)
                            found[row * count + neuron] = numbers.elements[half * high + row * rowLength + lane]
                        }
                    }
                }
                evidence.equalBits(found, whole.numbers, "a strip of \(count) neurons has another adjoint")
            }
        }
    }
}
