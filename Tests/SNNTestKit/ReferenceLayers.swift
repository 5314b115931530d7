import SNNKernel

/// A connection written as its formula, over every input, silent or not, in the order that the law of sums states.
struct ReferenceConnection<V: ReferenceLane> {
    let map: Convolution
    let weight: [V]
    let bias: [V]?

    /// Calls `body(index within the receptive field, input neuron or nil outside the image)` in ascending order.
    private func forEachInput(y: Int, x: Int, _ body: (Int, Int?) -> Void) {
        let image = map.inputShape
        var index = 0
        for row in 0..<map.kernelHeight {
            for column in 0..<map.kernelWidth {
                let top = y * map.stride + row - map.padding
                let left = x * map.stride + column - map.padding
                let isInside = top >= 0 && top < image.height && left >= 0 && left < image.width
                for channel in 0..<image.channels {
                    body(index, isInside ? (top * image.width + left) * image.channels + channel : nil)
                    index += 1
                }
            }
        }
    }

    /// Calls `body(y, x, output channel, output neuron)` for every output.
    private func forEachOutput(_ body: (Int, Int, Int, Int) -> Void) {
        let shape = map.outputShape
        for y in 0..<shape.height {
            for x in 0..<shape.width {
                for channel in 0..<shape.channels {
                    body(y, x, channel, (y * shape.width + x) * shape.channels + channel)
                }
            }
        }
    }

    /// The current, `[steps, batch, outputs]`.
    func current(of input: Signal<V>) -> [V] {
        let outputs = map.outputShape.count
        let channels = map.outputShape.channels
        var result = [V](repeating: V.zero, count: input.steps * input.batch * outputs)
        for t in 0..<input.steps {
            for sample in 0..<input.batch {
                let from = input.place(t, sample)
                let to = (t * input.batch + sample) * outputs
                forEachOutput { y, x, channel, output in
                    var total = V.zero
                    var block = V.zero
                    forEachInput(y: y, x: x) { index, neuron in
                        if index > 0, index % 256 == 0 {
                            total = total + block
                            block = V.zero
                        }
                        let arriving = neuron.map { input.numbers[from + $0] } ?? V.zero
                        block = block.addingProduct(arriving, weight[index * channels + channel])
                    }
                    total = total + block
                    let constant = bias?[map.biasPerPixel ? output : channel] ?? V.zero
                    result[to + output] = constant.addingProduct(input.scale, total)
                }
            }
        }
        return result
    }

    /// The gradients of weight, bias and what arrives (scale included), given that of the current.
    func adjoint(of current: [V], input: Signal<V>) -> (weight: [V], bias: [V], input: [V]) {
        let outputs = map.outputShape.count
        let channels = map.outputShape.channels
        var ofWeight = [V](repeating: V.zero, count: weight.count)
        var ofBias = [V](repeating: V.zero, count: map.biasPerPixel ? outputs : channels)
        var ofInput = [V](repeating: V.zero, count: input.numbers.count)
        for t in 0..<input.steps {
            for sample in 0..<input.batch {
                let from = input.place(t, sample)
                let to = (t * input.batch + sample) * outputs
                forEachOutput { y, x, channel, output in
                    let slope = current[to + output]
                    ofBias[map.biasPerPixel ? output : channel] = ofBias[map.biasPerPixel ? output : channel] + slope
                    forEachInput(y: y, x: x) { index, neuron in
                        guard let neuron else { return }
                        let place = index * channels + channel
                        ofWeight[place] = ofWeight[place].addingProduct(input.value(t, sample, neuron), slope)
                        ofInput[from + neuron] = ofInput[from + neuron].addingProduct(weight[place], slope)
                    }
                }
            }
        }
        return (ofWeight, ofBias, ofInput)
    }
}

/// Average and maximum pooling as their formulas.
struct ReferencePooling<V: ReferenceLane> {
    let pool: Pooling

    /// Calls `body(output neuron, its inputs in (row, column) order)`.
    private func forEachWindow(_ body: (Int, [Int]) -> Void) {
        let from = pool.inputShape
        let to = pool.outputShape
        for y in 0..<to.height {
            for x in 0..<to.width {
                for channel in 0..<to.channels {
                    var inputs: [Int] = []
                    // The window is cut by hand here, to check what the engine cuts.
                    for row in 0..<pool.kernelHeight {
                        for column in 0..<pool.kernelWidth {
                            let (v, h) = (y * pool.stride + row, x * pool.stride + column)
                            let (top, left) = (v - pool.border.top, h - pool.border.left)
                            guard 0..<from.height ~= top, 0..<from.width ~= left else { continue }
                            inputs.append((top * from.width + left) * from.channels + channel)
                        }
                    }
                    body((y * to.width + x) * to.channels + channel, inputs)
                }
            }
        }
    }

    /// What each of a window's inputs weighs in its mean.
    private func share(of inputs: [Int]) -> V {
        V.one / V(Double(pool.countsBorder ? pool.kernelHeight * pool.kernelWidth : inputs.count))
    }

    private func winner(_ numbers: [V], _ inputs: [Int], from: Int) -> Int {
        var best = inputs[0]
        let takesSmallest = pool.latest.contains(best % pool.inputShape.channels)
        for input in inputs {
            let (one, other) = (numbers[from + input], numbers[from + best])
            if takesSmallest ? other.isAbove(one) : one.isAbove(other) { best = input }
        }
        return best
    }

    func forward(_ input: Signal<V>) -> Signal<V> {
        let count = pool.outputShape.count
        var result = Signal(
            steps: input.steps,
            batch: input.batch,
            count: count,
            numbers: [V](repeating: V.zero, count: input.steps * input.batch * count),
            scale: input.scale,
            isRaster: input.isRaster
        )
        for t in 0..<input.steps {
            for sample in 0..<input.batch {
                let from = input.place(t, sample)
                let to = result.place(t, sample)
                forEachWindow { output, inputs in
                    if pool.kind == .max {
                        result.numbers[to + output] = input.numbers[from + winner(input.numbers, inputs, from: from)]
                    } else {
                        let sum = inputs.reduce(V.zero) { $0 + input.numbers[from + $1] }
                        result.numbers[to + output] = input.isRaster ? sum : sum * share(of: inputs)
                    }
                }
            }
        }
        if pool.kind == .average, input.isRaster {
            result.scale = input.scale / V(Double(pool.kernelHeight * pool.kernelWidth))
        }
        return result
    }

    func adjoint(of gradient: [V], input: Signal<V>) -> [V] {
        var result = [V](repeating: V.zero, count: input.numbers.count)
        for t in 0..<input.steps {
            for sample in 0..<input.batch {
                let from = input.place(t, sample)
                let to = (t * input.batch + sample) * pool.outputShape.count
                forEachWindow { output, inputs in
                    if pool.kind == .max {
                        let place = from + winner(input.numbers, inputs, from: from)
                        result[place] = result[place] + gradient[to + output]
                    } else {
                        let share = share(of: inputs)
                        for neuron in inputs {
                            result[from + neuron] = result[from + neuron].addingProduct(gradient[to + output], share)
                        }
                    }
                }
            }
        }
        return result
    }
}

/// Dropout as its formula, with the mask of the kernel's random stream.
struct ReferenceDropout<V: ReferenceLane> {
    let dropout: Dropout
    let random: RandomStream
    let samples: [UInt64]

    private var keep: V { V.one / (V.one - V(Double(dropout.probability))) }

    private func keeps(_ t: Int, _ sample: Int, _ index: Int) -> Bool {
        let step = dropout.mask == .step ? UInt32(t) : 0
        return random.uniform(index: UInt32(index), step: step, sample: samples[sample]) >= dropout.probability
    }

    func forward(_ input: Signal<V>) -> Signal<V> {
        var result = input
        if input.isRaster { result.scale = input.scale * keep }
        for t in 0..<input.steps {
            for sample in 0..<input.batch {
                for index in 0..<input.count {
                    let place = input.place(t, sample) + index
                    let number = input.isRaster ? input.numbers[place] : input.numbers[place] * keep
                    result.numbers[place] = keeps(t, sample, index) ? number : V.zero
                }
            }
        }
        return result
    }

    func adjoint(of gradient: [V], input: Signal<V>) -> [V] {
        var result = gradient
        for t in 0..<input.steps {
            for sample in 0..<input.batch {
                for index in 0..<input.count {
                    let place = input.place(t, sample) + index
                    result[place] = keeps(t, sample, index) ? gradient[place] * keep : V.zero
                }
            }
        }
        return result
    }
}
