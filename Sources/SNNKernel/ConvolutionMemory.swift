extension Convolution {
    /// Event lists and the lists of receptive fields.
    public func buffers(of pass: ConnectionPass, arriving: PlannedActivity) -> [Int] {
        switch pass {
        case .current:
            if multiplies(arriving) { return [] }
            if isDense, arriving.kind == .list { return [] }
            if isDense, arriving.kind == .bits {
                let units = arriving.rows * ((arriving.count + sumBlock - 1) / sumBlock)
                let places = 4 * (arriving.events + units * SpikeUnits.group)
                let isPacked = EventSums.packsTile(
                    width: FourVectors.width,
                    inputs: arriving.count,
                    outputs: outputShape.channels,
                    spikes: arriving.events
                )
                return [4 * units, places, places]
                    + (isPacked ? [4 * (arriving.count + 1) * FourVectors.width] : [])
            }
            return EventList.bytes(arriving, shape: inputShape)
                + (outputShape.isFlat ? [] : EventSums.fieldBytes(arriving, taps: kernelHeight * kernelWidth))
        case .gradients:
            return multiplies(arriving) ? [] : EventList.bytes(arriving, shape: inputShape)
        case .inputGradient(let someAreZero):
            guard isDense, someAreZero else { return [] }
            let errors = PlannedActivity(
                kind: arriving.kind == .constant ? .constant : .values,
                steps: arriving.steps,
                batch: arriving.batch,
                count: outputShape.count,
                activity: Self.denseShare
            )
            return EventList.bytes(errors, shape: outputShape)
        }
    }

    /// The list of spikes, the same by input, and three tiles.
    public func stripBuffers(arriving: PlannedActivity) -> [Int]? {
        guard arriving.kind == .bits, takesStrips(rows: arriving.rows, spikes: arriving.events) else { return nil }
        return EventList.bytes(arriving, shape: inputShape)
            + SpikeColumns.bytes(rows: arriving.rows, spikes: arriving.events, inputs: inputShape.count)
    }

    /// The larger of the products that run.
    public func packedBytes(goesBack: Bool, arriving: PlannedActivity) -> Int {
        guard isDense else { return 0 }
        let forward = multiplies(arriving) ? DenseProduct.packedBytes(columns: outputShape.channels) : 0
        let isWide = goesBack && outputShape.channels >= Self.leastErrors && arriving.kind != .constant
        return max(forward, isWide ? DenseProduct.packedBytes(columns: inputShape.channels) : 0)
    }

    /// Whether such activity takes the product over all inputs.
    private func multiplies(_ arriving: PlannedActivity) -> Bool {
        isDense && (arriving.kind == .values || arriving.kind == .constant) && arriving.rows >= Self.leastRows
            && outputShape.channels >= Self.leastOutputs && arriving.activity > Self.denseShare
            && DenseProduct.keepsLaw
    }
}

extension EventList {
    /// Bytes of the lists of such activity.
    static func bytes(_ activity: PlannedActivity, shape: Shape) -> [Int] {
        let starts = 4 * (activity.rows * shape.pixels + 1)
        // What came as a list lends it, unless it must be put in order.
        if activity.kind == .list, activity.batch == 1 { return [starts] }
        let lists = [starts, 4 * activity.events]
        return activity.kind.isBinary ? lists : lists + [4 * activity.events]
    }
}

extension SpikeColumns {
    /// Bytes of the columns of so many spikes, and of the tiles of errors that are taken strip by strip.
    static func bytes(rows: Int, spikes: Int, inputs: Int) -> [Int] {
        let tile = 4 * rows * OneVector.width
        return [4 * (inputs + 2), 4 * (spikes + 2), 2 * tile, tile]
    }
}

extension EventSums {
    /// Bytes of the lists of receptive fields of one image of such activity.
    static func fieldBytes(_ activity: PlannedActivity, taps: Int) -> [Int] {
        let most = 4 * (activity.events / max(1, activity.rows)) * taps
        return [4 * activity.events, most] + (activity.kind.isBinary ? [] : [most])
    }
}
