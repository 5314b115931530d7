// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Documented in Include/snn.h, in the same order.
import CSNN
import SNNKernel

@c @implementation
public func snn_fs_fit(
    _ json: UnsafePointer<CChar>?,
    _ x: UnsafePointer<Double>?,
    _ y: UnsafePointer<Double>?,
    _ weights: UnsafePointer<Double>?,
    _ points_count: Int,
    _ progress: snn_progress?,
    _ user: UnsafeMutableRawPointer?,
    _ thresholds: UnsafeMutablePointer<Float>?,
    _ resets: UnsafeMutablePointer<Float>?,
    _ amplitudes: UnsafeMutablePointer<Float>?,
    _ steps_count: Int,
    _ report: UnsafeMutablePointer<OpaquePointer?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        var request = try StaircaseRequest(try Boundary.json(json, "json"))
        let thresholds = try Boundary.present(thresholds, "thresholds")
        let resets = try Boundary.present(resets, "resets")
        let amplitudes = try Boundary.present(amplitudes, "amplitudes")
        request.steps = try Boundary.count(steps_count, "steps_count")
        let told = fitProgress(swiftProgress(progress, user))
        let outcome: StaircaseOutcome
        if points_count == 0 {
            guard x == nil, y == nil, weights == nil else {
                throw .argument("points_count must be >= 2 where there are points, got 0")
            }
            outcome = try request.run(progress: told)
        } else {
            let count = try Boundary.count(points_count, "points_count")
            outcome = try request.run(
                x: Array(UnsafeBufferPointer(start: try Boundary.present(x, "x"), count: count)),
                y: Array(UnsafeBufferPointer(start: try Boundary.present(y, "y"), count: count)),
                weights: weights.map { Array(UnsafeBufferPointer(start: $0, count: count)) },
                progress: told
            )
        }
        for (target, source) in [
            (thresholds, outcome.table.thresholds), (resets, outcome.table.resets),
            (amplitudes, outcome.table.amplitudes),
        ] {
            target.update(from: source, count: source.count)
        }
        report?.pointee = ReportHandle(outcome.report).retained()
    }
}

/// The news of a fit as those of one epoch whose samples are moves.
private func fitProgress(_ handler: ProgressHandler?) -> StaircaseRequest.ProgressHandler? {
    guard let handler else { return nil }
    let start = Clock.seconds
    return { done, total, cost in
        handler(
            Progress(
                epoch: 1,
                epochs: 1,
                done: done,
                total: total,
                loss: cost,
                samplesPerSecond: Double(done) / max(Clock.seconds - start, 1e-9)
            )
        )
    }
}
