import SNNKernel

/// The same current at every step of the window: the network's first layer turns it into spikes.
///
///     current into the first connection at every step: x
///
/// Multiplied by the weights once a window. Shapes: values `[B, N]` -> constant values `[B, N]`.
struct ConstantCoding: Coding {
    var sends: ActivityKind { .constantValues }
    var takesFrames: Bool { false }
    var largestCount: Int { 1 }

    func encode(
        _ values: Values,
        steps: Range<Int>,
        window: Int,
        samples: [UInt64],
        random: RandomStream
    ) -> Activity {
        .values(
            Values(
                steps: steps.count,
                batch: values.batch,
                count: values.count,
                isConstant: true,
                storage: values.storage
            )
        )
    }
}

/// One frame a step, as event data and sequences come: a sample is T frames.
///
/// Shapes: values `[T, B, N]` -> values `[T, B, N]`; zeros cost nothing.
struct FrameCoding: Coding {
    var sends: ActivityKind { .values }
    var takesFrames: Bool { true }
    var largestCount: Int { 1 }

    func encode(
        _ values: Values,
        steps: Range<Int>,
        window: Int,
        samples: [UInt64],
        random: RandomStream
    ) -> Activity { .values(values) }
}
