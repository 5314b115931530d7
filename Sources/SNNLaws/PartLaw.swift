import SNNKernel

extension NeuronSubject {
    /// Parts of layers of several sizes: as long as a panel, in the middle, one neuron.
    func parts(_ evidence: Evidence) {
        let (steps, batch) = (window(6), 3)
        var random = Seeded(seed &+ 6)
        for (count, neurons) in [(64, 0..<64), (75, 64..<75), (140, 64..<128), (21, 3..<20), (5, 4..<5)] {
            guard let part = model.part(neurons, own: [])?.model else { return }
            let current = currents(steps, batch, count)
            let some = current.neurons(neurons)
            let place = "neurons \(neurons.lowerBound) to \(neurons.upperBound - 1) of \(count)"
            let sent = part.run(some, state: part.rest(count: some.row), potentials: nil)
            evidence.equalBits(
                sent.numbers,
                pick(neurons, of: unwatched(current).numbers, count),
                "\(place) alone send something else"
            )
            guard isTrainable else { continue }
            for isConstant in [false, true] {
                let gradient = random.values(steps: steps, batch: batch, count: count, isConstant: isConstant)
                evidence.equalBits(
                    part.adjoint(of: gradient.neurons(neurons), current: some).numbers,
                    pick(neurons, of: model.adjoint(of: gradient, current: current).numbers, count),
                    "\(place) alone have another adjoint"
                )
            }
        }
    }

    /// Some of every `count` numbers.
    private func pick(_ neurons: Range<Int>, of numbers: [Float], _ count: Int) -> [Float] {
        stride(from: 0, to: numbers.count, by: count).flatMap { row in neurons.map { numbers[row + $0] } }
    }
}
