extension Pooling {
    /// The code in every window that is worth most, the first of equals; the border has none.
    ///
    /// Of codes that count in units it is the largest: the one that spikes first where two differ first.
    func largest(of codes: SpikeCodes, _ raster: Raster) -> Raster {
        let channels = inputShape.channels
        let result = Storage<UInt32>(overwriting: raster.batch * outputShape.count)
        let from = UnsafePointer(codes.codes.base)
        var to = result.base
        for sample in 0..<raster.batch {
            let image = from + sample * raster.count
            for y in 0..<outputShape.height {
                for x in 0..<outputShape.width {
                    let (rows, columns) = (rows(y), columns(x))
                    to.update(
                        from: image + (rows.lowerBound * inputShape.width + columns.lowerBound) * channels,
                        count: channels
                    )
                    for row in rows {
                        for column in columns {
                            let pixel = image + (row * inputShape.width + column) * channels
                            codes.raise(to, pixel, count: channels)
                        }
                    }
                    to += channels
                }
            }
        }
        return withExtendedLifetime(codes.codes) {
            Raster(
                SpikeCodes(codes: result, amplitudes: codes.amplitudes, unit: codes.unit),
                batch: raster.batch,
                count: outputShape.count
            )
        }
    }
}

extension SpikeCodes {
    /// Replaces codes by others that are worth more.
    fileprivate func raise(_ codes: UnsafeMutablePointer<UInt32>, _ others: UnsafePointer<UInt32>, count: Int) {
        if unit != nil {
            for index in 0..<count { codes[index] = max(codes[index], others[index]) }
        } else {
            for index in 0..<count where value(others[index]) > value(codes[index]) { codes[index] = others[index] }
        }
    }
}

extension Border {
    /// The codes of images `shape` with silence around them.
    func around(_ codes: SpikeCodes, _ raster: Raster, _ shape: Shape) -> Raster {
        let count = (shape.height + top + bottom) * (shape.width + left + right) * shape.channels
        let result = Storage<UInt32>(raster.batch * count)
        for sample in 0..<raster.batch {
            enter(codes.codes.base + sample * raster.count, shape, to: result.base + sample * count)
        }
        return withExtendedLifetime(codes.codes) {
            Raster(
                SpikeCodes(codes: result, amplitudes: codes.amplitudes, unit: codes.unit),
                batch: raster.batch,
                count: count
            )
        }
    }
}
