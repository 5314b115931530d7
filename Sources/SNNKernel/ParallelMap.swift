/// Independent pieces of work on several threads.
package enum Parallel {
    /// The results of `body(0) ..< body(count)`, in that order for any number of threads.
    ///
    /// Threads are started here and have ended when this returns. Throws what a piece throws; the others may then be
    /// missing.
    package static func map<Result: Sendable>(
        _ count: Int,
        threads: Int,
        _ body: @escaping @Sendable (Int) throws(SNNError) -> Result
    ) throws(SNNError) -> [Result] {
        let queue = OrderedQueue(count)
        let results = Collected<Result>()
        try Crew.with(threads) { crew throws(SNNError) in
            crew.run(count) { _ in
                while let piece = queue.take() {
                    do throws(SNNError) {
                        let result = try body(piece)
                        queue.deliver(piece) { results.list.append(result) }
                    } catch {
                        queue.fail(error)
                    }
                }
            }
            try queue.check()
        }
        return results.list
    }

    /// What the queue's turn guards.
    private final class Collected<Result>: @unchecked Sendable {
        var list: [Result] = []
    }
}
