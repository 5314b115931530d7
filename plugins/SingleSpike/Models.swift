import SNNKernel

// One type a model: the compiler specialises the loops of `DecayNeuron` for concrete types only.

/// ``SingleSpike`` over sixteen neurons.
struct SingleSpikeModel: DecayNeuron {
    let equations: SingleSpike<SIMD16<Float>>
    var decay: Decay
    var sends: ActivityKind { .raster }
}

/// ``SingleSpikeBefore`` over sixteen neurons.
struct SingleSpikeBeforeModel: DecayNeuron {
    let equations: SingleSpikeBefore<SIMD16<Float>>
    var decay: Decay
    var sends: ActivityKind { .raster }
}

/// ``SequentialSpike`` over sixteen neurons.
struct SequentialSpikeModel: DecayNeuron {
    let equations: SequentialSpike<SIMD16<Float>>
    var decay: Decay
    var sends: ActivityKind { .raster }
}

/// ``MultiSpike`` over sixteen neurons.
struct MultiSpikeModel: DecayNeuron {
    let equations: MultiSpike<SIMD16<Float>>
    var decay: Decay
    var sends: ActivityKind { .raster }
}

/// ``DecayIntegrator`` over sixteen neurons.
struct DecayIntegratorModel: DecayNeuron {
    let equations = DecayIntegrator<SIMD16<Float>>()
    var decay: Decay
    var sends: ActivityKind { .values }
}
