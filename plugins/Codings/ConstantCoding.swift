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

/// One frame a step, as sequences come: a sample is T frames.
///
/// Events are added up in frames. Shapes: values `[T, B, N]` or events -> values `[T, B, N]`; zeros cost nothing.
struct FrameCoding: EventCoding {
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

    func encode(_ events: EventBlock) throws(SNNError) -> Activity {
        let values = Values(steps: events.steps, batch: events.batch, count: events.count)
        let (base, stride) = (values.base, values.row)
        try events.forEachEvent { base[$0 * stride + $1] += 1 }
        return .values(values)
    }
}
