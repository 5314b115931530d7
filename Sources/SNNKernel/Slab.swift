/// Samples pass the network in slabs.
///
/// A block is what a thread takes and what gradients are added up over. Within it samples pass forward and back in slabs,
/// so few that what a layer writes at every step is still in the second-level cache when the next layer reads it: memory
/// follows the slab, not the block. Layers of constant input see a whole block at once, since all of their weights would
/// have to come from memory for every slab.
enum Slab {
    /// Bytes of the widest activity of a slab, written out one number a step.
    static let bytes = 1 << 18
}

extension Network {
    /// Samples of a slab.
    ///
    /// It depends on the network alone.
    var slabSize: Int {
        var widest = nodes.reduce(0) { max($0, $1.outputShape.count) }
        if coding.sends == .values { widest = max(widest, inputShape.count) }
        return max(1, Slab.bytes / (4 * steps * max(1, widest)))
    }

    /// Runs the samples of a block slab by slab.
    ///
    /// Errors: those of ``encode(_:samples:context:steps:)`` and of `body`.
    func forEachSlab(
        _ source: any SampleSource,
        samples block: Range<Int>,
        context: BlockContext,
        weights: [PreparedWeights?],
        body: (_ samples: Range<Int>, _ context: BlockContext, _ trace: Trace) throws(SNNError) -> Void
    ) throws(SNNError) {
        let size = slabSize
        guard block.count > size else {
            let input = try encode(source, samples: block, context: context)
            return try body(block, context, forward(input, weights: weights, context: context))
        }
        var whole: (input: Values, first: LayerTrace?)?
        if coding.sends == .constantValues,
            case .values(let input) = try encode(source, samples: block, context: context), input.isConstant
        {
            whole = (input, constantArrival(of: input, weights: weights, context: context))
        }
        for start in stride(from: 0, to: block.count, by: size) {
            let places = start..<min(start + size, block.count)
            let samples = block.lowerBound + places.lowerBound..<block.lowerBound + places.upperBound
            let context = context.part(places)
            let input: Activity
            if let whole {
                input = .values(whole.input.samples(places))
            } else {
                input = try encode(source, samples: samples, context: context)
            }
            let trace = forward(
                input,
                weights: weights,
                context: context,
                first: whole?.first?.samples(places)
            )
            try body(samples, context, trace)
        }
    }

    /// The first node up to its neurons, if a constant input is constant there still.
    private func constantArrival(
        of input: Values,
        weights: [PreparedWeights?],
        context: BlockContext
    ) -> LayerTrace? {
        guard nodes.first?.connection != nil else { return nil }
        var layer = LayerTrace()
        arrive(.values(input), at: 0, weights: weights, context: context, in: &layer)
        return layer.current?.isConstant == true ? layer : nil
    }
}

extension LayerTrace {
    /// The part of some samples in what arrives at a node, all of it constant.
    ///
    /// What its stages met is left out: nothing is walked back before the first connection.
    fileprivate func samples(_ range: Range<Int>) -> LayerTrace {
        var part = LayerTrace()
        if case .values(let values) = connectionInput { part.connectionInput = .values(values.samples(range)) }
        part.current = current?.samples(range)
        return part
    }
}

extension BlockContext {
    /// The context of some samples of the block.
    fileprivate func part(_ places: Range<Int>) -> BlockContext {
        BlockContext(
            isTraining: isTraining,
            seed: seed,
            samples: Array(samples[places]),
            firstStep: firstStep,
            keepsActivity: keepsActivity,
            recomputed: recomputed
        )
    }
}
