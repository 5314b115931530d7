import CLanes
import CProducts

/// Matrix products of dense activity, from BLIS.
///
/// BLIS runs on the calling thread alone and keeps no state that a host program could trip over.
enum DenseProduct {
    /// `result [rows, outputs] = sum_i input[row, i] weights[i, output]` under the law of sums (see ``Connection``):
    /// blocks of ``sumBlock`` inputs, each a chain of fused multiply-adds, whose totals are added in order.
    ///
    /// `columns` says which outputs are wanted; nil means all.
    static func lawful(
        rows: Int,
        inputs: Int,
        outputs: Int,
        columns: Range<Int>? = nil,
        _ input: UnsafePointer<Float>,
        weights: UnsafePointer<Float>,
        to result: UnsafeMutablePointer<Float>
    ) {
        let columns = columns ?? 0..<outputs
        for first in stride(from: 0, to: inputs, by: sumBlock) {
            addLawful(
                rows: rows,
                inputs: min(sumBlock, inputs - first),
                outputs: outputs,
                columns: columns,
                input + first,
                rowLength: inputs,
                weights: weights + first * outputs,
                isFirst: first == 0,
                to: result
            )
        }
    }

    /// One block of the law of sums, at most ``sumBlock`` inputs, whose total is added to those of the blocks before it.
    ///
    /// Rows of `input` are `rowLength` apart; `columns` is as above.
    static func addLawful(
        rows: Int,
        inputs: Int,
        outputs: Int,
        columns: Range<Int>? = nil,
        _ input: UnsafePointer<Float>,
        rowLength: Int,
        weights: UnsafePointer<Float>,
        isFirst: Bool,
        to result: UnsafeMutablePointer<Float>
    ) {
        let columns = columns ?? 0..<outputs
        dense_product(
            rows,
            columns.count,
            inputs,
            input,
            rowLength,
            1,
            weights + columns.lowerBound,
            outputs,
            1,
            isFirst ? 0 : 1,
            result + columns.lowerBound,
            outputs,
            true
        )
    }

    /// `result [rows, inputs] = sum_o gradient[row, o] weights[i, o]`: the product with the transposed weights, in any
    /// order.
    static func transposed(
        rows: Int,
        outputs: Int,
        inputs: Int,
        _ gradient: UnsafePointer<Float>,
        weights: UnsafePointer<Float>,
        to result: UnsafeMutablePointer<Float>
    ) {
        dense_product(
            rows,
            inputs,
            outputs,
            gradient,
            outputs,
            1,
            weights,
            1,
            outputs,
            0,
            result,
            inputs,
            // Those kernels for thin shapes take a transposed factor at half the speed.
            true
        )
    }

    /// `weights [inputs, outputs] += sum over rows of input[row, i] gradient[row, o]`, in any order.
    static func addOuter(
        rows: Int,
        inputs: Int,
        outputs: Int,
        _ input: UnsafePointer<Float>,
        _ gradient: UnsafePointer<Float>,
        to weights: UnsafeMutablePointer<Float>
    ) {
        dense_product(
            inputs,
            outputs,
            rows,
            input,
            1,
            inputs,
            gradient,
            outputs,
            1,
            1,
            weights,
            outputs,
            false
        )
    }

    /// Bytes into which BLIS packs the factors of a product of `rows` rows and `columns` columns, blocks of 256 deep; kept until
    /// the process ends, one set for every thread that multiplies.
    static func packedBytes(rows: Int, columns: Int) -> Int { 4 * 256 * dense_product_packed(rows, columns) }

    /// Bytes of BLIS itself, its code and its tables for every kind of processor, that the first product brings in.
    static let codeBytes = 3 << 19

    /// Whether BLIS obeys the law on this processor: true of its kernels for processors that fuse multiply and add.
    ///
    /// Looked at once, on a product whose bits tell: where it is false the forward pass takes the path of events.
    static var keepsLaw: Bool {
        // Not a global made on first use: see ``Crew``; threads that come at once all look, and find the same.
        if snn_look(verdict) == 0 { snn_publish(verdict, examine() ? 1 : 2) }
        return snn_look(verdict) == 1
    }

    /// 0 where nobody looked yet, 1 where the law is kept, 2 where it is not.
    nonisolated(unsafe) private static let verdict: UnsafeMutablePointer<UInt32> = {
        let verdict = UnsafeMutablePointer<UInt32>.allocate(capacity: 1)
        verdict.initialize(to: 0)
        return verdict
    }()

    /// Makes what threads share, before they can ask for it at once.
    static func share() { _ = verdict }

    private static func examine() -> Bool {
        let (rows, inputs, outputs) = (37, sumBlock, 53)
        let random = RandomStream(seed: 1, purpose: .initialisation)
        let a = Storage<Float>(rows * inputs)
        let b = Storage<Float>(inputs * outputs)
        random.fillUniform(a.elements)
        random.fillUniform(b.elements, sample: 1)
        for index in 0..<b.count { b.base[index] -= 0.5 }
        let result = Storage<Float>(rows * outputs)
        lawful(rows: rows, inputs: inputs, outputs: outputs, a.base, weights: b.base, to: result.base)
        for row in 0..<rows {
            for output in 0..<outputs {
                var sum: Float = 0
                for i in 0..<inputs { sum.addProduct(a.base[row * inputs + i], b.base[i * outputs + output]) }
                if result.base[row * outputs + output] != sum { return false }
            }
        }
        withExtendedLifetime((a, b, result)) {}
        return true
    }
}
