import CProducts

/// The binary spikes of a flat layer as bits, 64 inputs to a word, for sums over so many that lists of them would cost more
/// than the additions.
///
/// Sums run over one word of all rows after the other: the weights of 64 inputs to a tile of outputs fill half of the
/// first-level cache, and serve every row from there.
struct SpikeWords {
    /// Samples x steps.
    let rows: Int
    let inputs: Int
    /// Bit i of word `[w, row]` is input 64 w + i.
    private let words: Storage<UInt64>

    private static let width = 64

    /// Words that hold the inputs of a row.
    private static func count(_ inputs: Int) -> Int { (inputs + width - 1) / width }

    /// The spikes of a raster, whose rows are `[step, sample]`; nil where they are not binary.
    init?(_ source: Raster) {
        rows = source.steps * source.batch
        inputs = source.count
        switch source.held {
        case .form(.bits(let bits)): words = Self.words(of: bits, source)
        case .list(let list): words = Self.words(of: list, inputs: source.count)
        default: return nil
        }
    }

    private init(rows: Int, inputs: Int, words: Storage<UInt64>) {
        self.rows = rows
        self.inputs = inputs
        self.words = words
    }

    private static func words(of bits: Storage<UInt64>, _ source: Raster) -> Storage<UInt64> {
        let rows = source.steps * source.batch
        let words = Storage<UInt64>(overwriting: count(source.count) * rows)
        for word in 0..<count(source.count) {
            let mask = BitField.mask(source.count - word * width)
            var place = words.base + word * rows
            for t in 0..<source.steps {
                let step = UnsafePointer(bits.base + t * source.wordsPerStep)
                for sample in 0..<source.batch {
                    place.pointee = BitField.wide(step, sample * source.count + word * width) & mask
                    place += 1
                }
            }
        }
        return words
    }

    private static func words(of list: SpikeList, inputs: Int) -> Storage<UInt64> {
        let words = Storage<UInt64>(count(inputs) * list.rows)
        let positions = UnsafePointer(list.positions.base)
        for t in 0..<list.steps {
            for sample in 0..<list.batch {
                let row = words.base + (t * list.batch + sample)
                for spike in list.spikes(step: t, sample: sample) {
                    let position = Int(positions[spike])
                    row[position / width &* list.rows] |= 1 &<< UInt64(truncatingIfNeeded: position)
                }
            }
        }
        return words
    }

    /// Whether an input of a row spikes; for tests.
    func isSet(row: Int, input: Int) -> Bool {
        words.base[input / Self.width * rows + row] >> UInt64(input % Self.width) & 1 == 1
    }

    /// Rows as inputs and inputs as rows.
    func transposed() -> SpikeWords {
        let other = Storage<UInt64>(overwriting: Self.count(rows) * inputs)
        let (square, turned) = (Storage<UInt64>(Self.width), Storage<UInt64>(overwriting: Self.width))
        for word in 0..<Self.count(inputs) {
            let taken = min(Self.width, inputs - word * Self.width)
            for first in stride(from: 0, to: rows, by: Self.width) {
                let given = min(Self.width, rows - first)
                square.base.update(from: words.base + word * rows + first, count: given)
                (square.base + given).update(repeating: 0, count: Self.width - given)
                transpose_bits(square.base, turned.base)
                (other.base + first / Self.width * inputs + word * Self.width).update(from: turned.base, count: taken)
            }
        }
        withExtendedLifetime((square, turned)) {}
        return SpikeWords(rows: inputs, inputs: rows, words: other)
    }

    /// How the sums of a row's spikes are made.
    private enum Order {
        /// Ascending, in blocks of ``sumBlock`` inputs whose totals are added in order: the law of sums.
        case lawful(block: Storage<Float>)
        /// Ascending.
        case ascending
        /// From tables of four inputs.
        case byTables
    }

    /// Writes to `sums [rows, 16 vectors]` the sum of the addends of every row's spikes; `addends [inputs, 16 vectors]`.
    private func sum(_ addends: Storage<Float>, vectors: Int, to sums: Storage<Float>, _ order: Order) {
        let perBlock = sumBlock / Self.width
        let count = Self.count(inputs)
        for word in 0..<count {
            let marks = words.base + word * rows
            let first = addends.base + word * Self.width * 16 * vectors
            switch order {
            case .ascending: add_marked_rows(marks, rows, first, vectors, sums.base, word == 0)
            case .byTables: look_up_marked_rows(marks, rows, first, vectors, sums.base, word == 0)
            case .lawful(let block):
                let isFirst = word < perBlock
                add_marked_rows(marks, rows, first, vectors, isFirst ? sums.base : block.base, word % perBlock == 0)
                guard !isFirst, word % perBlock == perBlock - 1 || word == count - 1 else { continue }
                for index in stride(from: 0, to: rows * 16 * vectors, by: 16) {
                    (sums.base + index).store((sums.base + index).vector() + (block.base + index).vector())
                }
            }
        }
    }

    /// Sums for tiles of at most 64 of so many outputs: `fill` writes the addends of the outputs from `first`, `[inputs, 16
    /// vectors]`, and `use` reads the sums, `[rows, 16 vectors]`.
    private func forEachTile(
        of outputs: Int,
        _ order: Order,
        fill: (_ first: Int, _ vectors: Int, _ addends: UnsafeMutablePointer<Float>) -> Void,
        use: (_ first: Int, _ vectors: Int, _ sums: UnsafePointer<Float>) -> Void
    ) {
        let most = Self.vectors(outputs)
        let addends = Storage<Float>(overwriting: Self.count(inputs) * Self.width * 16 * most)
        let sums = Storage<Float>(overwriting: rows * 16 * most)
        for first in stride(from: 0, to: outputs, by: 16 * most) {
            let vectors = min(most, (outputs - first + 15) / 16)
            fill(first, vectors, addends.base)
            sum(addends, vectors: vectors, to: sums, order)
            use(first, vectors, sums.base)
        }
        withExtendedLifetime((addends, sums)) {}
    }

    /// Vectors of a tile of so many outputs.
    private static func vectors(_ outputs: Int) -> Int { min(4, (outputs + 15) / 16) }

    /// Bytes of the words, of a tile's addends and of its sums.
    private static func bytes(rows: Int, inputs: Int, outputs: Int) -> [Int] {
        let lanes = 16 * vectors(outputs)
        return [8 * count(inputs) * rows, 4 * count(inputs) * width * lanes, 4 * rows * lanes]
    }
}

extension SpikeWords {
    /// Spikes of a hundred inputs from which sums over words are faster than sums over lists, and what both need to be
    /// faster than going through the spikes one by one.
    private static let leastPercent = 4
    private static let leastRows = 32
    private static let leastOutputs = 32
    /// Spikes of a hundred inputs from which a product over all of them is faster.
    private static let leastProductPercent = 60
    /// Spikes of a hundred inputs from which tables are faster, where the order of the sums is free.
    private static let leastTablePercent = 25

    /// The words of a flat layer's spikes, where sums over them are worth it.
    init?(ifMany raster: Raster, outputs: Int) {
        guard outputs >= Self.leastOutputs else { return nil }
        let spikes: Int
        switch raster.held {
        case .form(.bits(let bits)): spikes = BitRow.count(bits)
        case .list(let list): spikes = list.count
        default: return nil
        }
        guard Self.areMany(spikes, rows: raster.steps * raster.batch, inputs: raster.count) else { return nil }
        self.init(raster)
    }

    /// Whether so many spikes had better be bits than a list.
    static func areMany(_ spikes: Int, rows: Int, inputs: Int) -> Bool {
        rows >= leastRows && 100 * spikes >= leastPercent * rows * inputs
    }

    /// Whether at least so many of a hundred inputs spike.
    private func reaches(percent: Int) -> Bool {
        100 * BitRow.count(words) >= percent * rows * inputs
    }

    /// Bytes of each buffer for currents from such activity; nil where lists are shorter.
    static func bytes(_ activity: PlannedActivity, outputs: Int) -> [Int]? {
        let (rows, inputs) = (activity.rows, activity.count)
        guard activity.kind == .bits || activity.kind == .list, outputs >= leastOutputs,
            areMany(activity.events, rows: rows, inputs: inputs)
        else { return nil }
        let all = bytes(rows: rows, inputs: inputs, outputs: outputs)
        return wantsProduct(activity, outputs: outputs)
            ? [all[0], 4 * min(rows, productRows) * sumBlock] : all + [all[2]]
    }

    /// Whether such activity takes the product over all inputs.
    static func wantsProduct(_ activity: PlannedActivity, outputs: Int) -> Bool {
        outputs >= leastOutputs && activity.rows >= leastRows && DenseProduct.keepsLaw
            && 100 * activity.events >= leastProductPercent * activity.rows * activity.count
    }

    /// Bytes of each buffer for gradients from such activity, the words the other way round among them.
    static func outerBytes(_ activity: PlannedActivity, outputs: Int) -> [Int]? {
        guard let words = bytes(activity, outputs: outputs)?.first else { return nil }
        return [words] + bytes(rows: activity.count, inputs: activity.rows, outputs: outputs)
    }

    /// Whether currents come from a product over all inputs.
    var wantsProduct: Bool { reaches(percent: Self.leastProductPercent) && DenseProduct.keepsLaw }

    /// Writes `scale * sum of the weights of a row's spikes + bias` of some outputs for every row: the bits of
    /// ``EventSums/add(_:weights:bias:scale:to:)``.
    ///
    /// `weights [inputs, rowLength]`, `result [rows, outputs.count]`.
    func writeSums(
        of outputs: Range<Int>,
        weights: UnsafePointer<Float>,
        rowLength: Int,
        bias: UnsafePointer<Float>?,
        scale: Float,
        to result: UnsafeMutablePointer<Float>
    ) {
        let count = outputs.count
        let (weights, bias) = (weights + outputs.lowerBound, bias.map { $0 + outputs.lowerBound })
        let block = Storage<Float>(overwriting: inputs > sumBlock ? rows * 16 * Self.vectors(count) : 0)
        forEachTile(of: count, .lawful(block: block)) { first, vectors, addends in
            Self.copy(weights + first, rows: inputs, rowLength: rowLength, vectors: vectors, to: addends)
        } use: { first, vectors, sums in
            for row in 0..<rows {
                finish(sums + row * 16 * vectors, first, count, bias, scale, to: result + row * count)
            }
        }
    }

    /// Writes `scale * sum + bias` for the outputs of a tile from `first`.
    @inline(__always)
    private func finish(
        _ sums: UnsafePointer<Float>,
        _ first: Int,
        _ outputs: Int,
        _ bias: UnsafePointer<Float>?,
        _ scale: Float,
        to row: UnsafeMutablePointer<Float>
    ) {
        for place in stride(from: first, to: min(first + 16 * Self.vectors(outputs), outputs), by: 16) {
            let lanes = min(16, outputs - place)
            let bias = bias.map { OneVector(from: $0 + place, lanes: lanes) } ?? OneVector()
            OneVector(sums + (place - first)).scaled(by: scale, plus: bias).write(to: row + place, lanes: lanes)
        }
    }

    /// Rows that are written out as numbers at a time.
    private static let productRows = 512

    /// As ``writeSums(of:weights:rowLength:bias:scale:to:)`` for all outputs, by products of numbers that are 0 or 1.
    func writeProduct(
        weights: UnsafePointer<Float>,
        outputs: Int,
        bias: UnsafePointer<Float>?,
        scale: Float,
        to result: UnsafeMutablePointer<Float>
    ) {
        let ones = SIMD16<Float>(repeating: 1)
        let spikes = Storage<Float>(overwriting: min(rows, Self.productRows) * sumBlock)
        for first in stride(from: 0, to: rows, by: Self.productRows) {
            let taken = min(Self.productRows, rows - first)
            let out = result + first * outputs
            for block in stride(from: 0, to: inputs, by: sumBlock) {
                let length = min(sumBlock, inputs - block)
                for word in block / Self.width...(block + length - 1) / Self.width {
                    for row in 0..<taken {
                        let marks = words.base + word * rows + first + row
                        let to = spikes.base + row * sumBlock + word * Self.width - block
                        for channel in stride(from: 0, to: Self.width, by: 16) {
                            (to + channel).store(
                                SIMD16<Float>(repeating: 0).replacing(with: ones, where: BitField.lanes(marks, channel))
                            )
                        }
                    }
                }
                DenseProduct.addLawful(
                    rows: taken,
                    inputs: length,
                    outputs: outputs,
                    spikes.base,
                    rowLength: sumBlock,
                    weights: weights + block * outputs,
                    isFirst: block == 0,
                    to: out
                )
            }
            let width = 16 * Self.vectors(outputs)
            for row in 0..<taken {
                let row = out + row * outputs
                for tile in stride(from: 0, to: outputs, by: width) {
                    finish(row + tile, tile, outputs, bias, scale, to: row)
                }
            }
        }
        withExtendedLifetime(spikes) {}
    }

    /// Adds `scale x sum of the errors of the rows in which an input spiked` to `weights [inputs, outputs]` and the sum of
    /// all errors to `bias`, in an order of its own.
    ///
    /// `fill` writes the errors of the outputs from `first`, `[rows, 16 vectors]`.
    func addGradients(
        outputs: Int,
        scale: Float,
        to weights: UnsafeMutablePointer<Float>,
        bias: UnsafeMutablePointer<Float>?,
        fill: (_ first: Int, _ vectors: Int, _ errors: UnsafeMutablePointer<Float>) -> Void
    ) {
        let order: Order = reaches(percent: Self.leastTablePercent) ? .byTables : .ascending
        let isFar = areFar(inputs * outputs)
        transposed().forEachTile(of: outputs, order) { first, vectors, errors in
            fill(first, vectors, errors)
            guard let bias else { return }
            for vector in 0..<vectors {
                let place = first + 16 * vector
                var sum = OneVector()
                for row in 0..<rows { sum.add(OneVector(errors + (row * vectors + vector) * 16)) }
                for lane in 0..<min(16, outputs - place) { bias[place + lane] += sum.a[lane] }
            }
        } use: { first, vectors, sums in
            for input in 0..<inputs {
                let row = weights + input * outputs
                for vector in 0..<vectors {
                    let place = row + first + 16 * vector
                    if isFar { OneVector.prefetch(place + prefetchDistance * outputs) }
                    let lanes = min(16, outputs - first - 16 * vector)
                    OneVector(sums + (input * vectors + vector) * 16)
                        .scaled(by: scale, plus: OneVector(from: place, lanes: lanes))
                        .write(to: place, lanes: lanes)
                }
            }
        }
    }

    /// Copies some columns of a matrix together; the last vector may bring what follows it.
    static func copy(
        _ from: UnsafePointer<Float>,
        rows: Int,
        rowLength: Int,
        vectors: Int,
        to tile: UnsafeMutablePointer<Float>
    ) {
        let isFar = areFar(rows * rowLength)
        var (from, to) = (from, tile)
        for _ in 0..<rows {
            for vector in 0..<vectors {
                if isFar { OneVector.prefetch(from + (prefetchDistance * rowLength + 16 * vector)) }
                (to + 16 * vector).store((from + 16 * vector).vector())
            }
            from += rowLength
            to += 16 * vectors
        }
    }
}
