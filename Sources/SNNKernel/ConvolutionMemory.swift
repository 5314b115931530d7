extension Convolution {
    /// Event lists and the lists of receptive fields.
    public func buffers(of pass: ConnectionPass, arriving: PlannedActivity) -> [Int] {
        switch pass {
        case .current:
            if multiplies(arriving) { return [] }
            if isDense, let words = SpikeWords.bytes(arriving, outputs: outputShape.channels) { return words }
            let tile = TileWeights.bytes(
                inputs: arriving.count,
                outputs: outputShape.channels,
                spikes: arriving.events
            )
            if isDense, arriving.kind == .list { return tile }
            if isDense, arriving.kind == .bits {
                let units = arriving.rows * SpikeList.blocks(arriving.count)
                let places = 4 * (arriving.events + units * SpikeUnits.group)
                return [4 * units, places, places] + tile
            }
            if isDense, let parts = ValueParts.bytes(arriving, outputs: outputShape.channels) {
                return parts + ValueParts.tileBytes(rows: arriving.rows, outputs: outputShape.channels)
            }
            return EventList.bytes(arriving, shape: inputShape)
                + (outputShape.isFlat ? [] : EventSums.fieldBytes(arriving, taps: kernelHeight * kernelWidth))
        case .gradients:
            if multiplies(arriving) { return [] }
            if isDense, let words = SpikeWords.outerBytes(arriving, outputs: outputShape.channels) { return words }
            let gathers = isDense && arriving.kind.isBinary && gathers(events: arriving.events)
            return EventList.bytes(arriving, shape: inputShape) + (gathers ? SpikeColumns.bytes(arriving) : [])
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

    /// Lists of values, and what a tile of outputs takes.
    public func constantBuffers(arriving: PlannedActivity) -> (shared: [Int], piece: [Int]) {
        guard isDense, !multiplies(arriving), let parts = ValueParts.bytes(arriving, outputs: outputShape.channels)
        else { return ([], []) }
        return (parts, ValueParts.tileBytes(rows: arriving.rows, outputs: outputShape.channels))
    }

    /// Those of the current, unless a product over all inputs makes it.
    public func panelBuffers(arriving: PlannedActivity) -> [Int]? {
        guard takesPanels(rows: arriving.rows), arriving.kind.isBinary,
            !SpikeWords.wantsProduct(arriving, outputs: outputShape.channels)
        else { return nil }
        return buffers(of: .current, arriving: arriving)
    }

    /// The list of spikes, the same by input, a strip of errors, and those gathered from strips; or words and tiles.
    public func stripBuffers(arriving: PlannedActivity) -> [Int]? {
        if isDense, let words = SpikeWords.outerBytes(arriving, outputs: outputShape.channels) { return words }
        guard arriving.kind.isBinary, takesStrips(rows: arriving.rows, spikes: arriving.events) else { return nil }
        return EventList.bytes(arriving, shape: inputShape)
            + SpikeColumns.bytes(arriving) + [4 * arriving.rows * OneVector.width]
    }

    /// The larger of the products that run.
    public func packedBytes(goesBack: Bool, arriving: PlannedActivity) -> Int {
        guard isDense else { return 0 }
        let forward =
            multiplies(arriving) ? DenseProduct.packedBytes(rows: arriving.rows, columns: outputShape.channels) : 0
        let isWide = goesBack && outputShape.channels >= Self.leastErrors && arriving.kind != .constant
        return max(forward, isWide ? DenseProduct.packedBytes(rows: arriving.rows, columns: inputShape.channels) : 0)
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

extension EventSums {
    /// Bytes of the lists of receptive fields of one image of such activity.
    static func fieldBytes(_ activity: PlannedActivity, taps: Int) -> [Int] {
        let most = 4 * (activity.events / max(1, activity.rows)) * taps
        return [4 * activity.events, most] + (activity.kind.isBinary ? [] : [most])
    }
}
