extension Convolution {
    /// Where all inputs meet so many outputs that the currents are ``Panel/suit(rows:outputs:)``.
    public func takesPanels(rows: Int) -> Bool { isDense && Panel.suit(rows: rows, outputs: outputShape.channels) }

    /// The spikes are listed once for all panels.
    public func forEachPanel(of activity: Activity, with weights: PreparedWeights, body: (Panel) -> Void) -> Bool {
        guard takesPanels(rows: activity.steps * activity.batch), case .raster(let raster) = activity,
            let sums = flatSums(raster, with: weights), sums.comeInParts
        else { return false }
        for neurons in Panel.ranges(outputShape.channels) {
            let current = Values(overwriting: raster.steps, batch: raster.batch, count: neurons.count)
            sums.write(neurons, current.base)
            body(Panel(neurons: neurons, current: current))
        }
        return true
    }

    /// What writes the currents of binary spikes of a flat layer.
    struct FlatSums {
        /// Whether the outputs may come in parts.
        var comeInParts = true
        /// Writes those of some outputs, `[rows, outputs.count]`.
        let write: (_ outputs: Range<Int>, _ result: UnsafeMutablePointer<Float>) -> Void
    }

    /// By words where many inputs spike, or lists; nil where the spikes are not binary.
    func flatSums(_ raster: Raster, with weights: PreparedWeights) -> FlatSums? {
        let outputs = outputShape.channels
        let scale = raster.scale
        func bias() -> UnsafePointer<Float>? { weights.bias.map { UnsafePointer($0.base) } }
        func listed(_ rows: some SpikeRows) -> FlatSums {
            FlatSums {
                sums.add(rows, outputs: $0, weights: weights.weight.base, bias: bias(), scale: scale, to: $1)
            }
        }
        if let words = SpikeWords(ifMany: raster, outputs: outputs) {
            let weight = weights.weight
            if words.wantsProduct {
                return FlatSums(comeInParts: false) {
                    words.writeProduct(weights: weight.base, outputs: outputs, bias: bias(), scale: scale, to: $1)
                }
            }
            return FlatSums {
                words.writeSums(of: $0, weights: weight.base, rowLength: outputs, bias: bias(), scale: scale, to: $1)
            }
        }
        if case .list(let list) = raster.held { return listed(list) }
        return SpikeUnits(raster).map { listed($0) }
    }
}
