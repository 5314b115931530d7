/// Binary spikes of a flat layer, listed by row and block of the law of sums.
protocol SpikeRows {
    /// Writes `scale * sum + bias` of the outputs of a tile, from `first` on, for every row.
    ///
    /// A row of zeros must follow the weights.
    func sum<Tile: RegisterTile>(
        _: Tile.Type,
        _ map: EventSums,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        scale: Float,
        first: Int,
        to place: EventSums.Place
    )
}

extension EventSums {
    /// Where the first output of the first row would go, and the distance from a row to the next.
    struct Place {
        let base: UnsafeMutablePointer<Float>
        let rowLength: Int
    }

    /// Writes `scale * sum + bias` of some outputs for every row, `result [rows, outputs.count]`: the bits of
    /// ``add(_:weights:bias:scale:to:)``.
    @inline(__always)
    func add<Rows: SpikeRows>(
        _ rows: Rows,
        outputs: Range<Int>,
        weights: UnsafePointer<Float>,
        bias: UnsafePointer<Float>?,
        scale: Float,
        to result: UnsafeMutablePointer<Float>
    ) {
        let place = Place(base: result - outputs.lowerBound, rowLength: outputs.count)
        forEachTile(of: outputs) { first, width in
            switch width {
            case 4:
                rows.sum(FourVectors.self, self, weights: weights, bias: bias, scale: scale, first: first, to: place)
            case 2: rows.sum(TwoVectors.self, self, weights: weights, bias: bias, scale: scale, first: first, to: place)
            default: rows.sum(OneVector.self, self, weights: weights, bias: bias, scale: scale, first: first, to: place)
            }
        }
    }
}
