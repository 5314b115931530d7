import Testing

@testable import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("Workers and ordered results")
struct ParallelTests {
    /// Notes of workers; written inside `deliver` alone.
    private final class Notes: @unchecked Sendable { var list: [Int] = [] }

    /// Runs `body` with a crew of its own.
    private func crew(_ threads: Int, _ body: @escaping @Sendable (Int) -> Void) {
        // No error but those of the closure.
        try? Crew.with(threads) { crew throws(SNNError) in crew.run(threads, body) }
    }

    @Test("every worker runs once at most, the first on the calling thread", arguments: [0, 1, 2, 7])
    func workers(_ count: Int) throws {
        let notes = Notes()
        let queue = OrderedQueue(max(1, count))
        nonisolated(unsafe) let caller = pthread_self()
        try Crew.with(count) { crew throws(SNNError) in
            #expect(crew.threads == max(1, count))
            // Each worker hands in its own number under the queue's lock; all of them are waited for.
            crew.run(count) { worker in
                #expect((pthread_equal(pthread_self(), caller) != 0) == (worker == 0))
                if let place = queue.take() { queue.deliver(place) { notes.list.append(worker) } }
            }
        }
        #expect(Set(notes.list).count == notes.list.count && notes.list.contains(0))
        #expect(notes.list.allSatisfy { $0 < max(1, count) })
    }

    @Test("a crew works phase after phase, with serial work and pauses between", arguments: [1, 2, 3, 8])
    func phases(_ threads: Int) throws {
        let notes = Notes()
        var expected: [Int] = []
        try Crew.with(threads) { crew throws(SNNError) in
            for phase in 0..<300 {
                // Some phases are too small for the crew, some helpers sleep before the next.
                let count = phase % 7
                let queue = OrderedQueue(count)
                crew.run(count) { _ in
                    while let number = queue.take() {
                        queue.deliver(number) { notes.list.append(phase * 10 + number) }
                    }
                }
                expected += (0..<count).map { phase * 10 + $0 }
                // What helpers wrote is seen when the phase is over.
                #expect(notes.list.count == expected.count)
                if phase % 50 == 0 { usleep(2000) }
            }
        }
        #expect(notes.list == expected)
    }

    @Test("an error ends the crew and passes")
    func errors() {
        #expect(throws: SNNError.state("no")) {
            try Crew.with(3) { crew throws(SNNError) in
                crew.run(3) { _ in }
                throw SNNError.state("no")
            }
        }
    }

    @Test("all numbers are worked on, and delivered in order", arguments: [1, 2, 3, 8])
    func order(_ threads: Int) {
        let notes = Notes()
        let queue = OrderedQueue(500)
        crew(threads) { _ in
            while let number = queue.take() {
                // Uneven work, so that threads overtake each other.
                var waste = 0.0
                for step in 0..<(number * 37 % 11) * 300 { waste += Double(step).squareRoot() }
                let result = waste < 0 ? -1 : number
                queue.deliver(number) { notes.list.append(result) }
            }
        }
        #expect(notes.list == Array(0..<500))
        #expect(queue.take() == nil && failure(of: queue) == nil)
    }

    private func failure(of queue: OrderedQueue) -> SNNError? {
        do throws(SNNError) { try queue.check() } catch { return error }
        return nil
    }

    @Test("of a queue in parts a worker gets its own part in order, then the ends of what is left")
    func parts() {
        let queue = OrderedQueue(11, parts: 3)
        #expect((0..<3).map { _ in queue.take(0) } == [0, 1, 2])
        #expect(queue.take(2) == 7)
        // Four are left of the second part, three of the third.
        #expect([queue.take(0), queue.take(1), queue.take(2)] == [6, 3, 8])
        #expect(Set((0..<4).map { _ in queue.take(5) }) == [4, 5, 9, 10])
        #expect((0..<4).allSatisfy { queue.take($0) == nil })
        #expect((0..<4).allSatisfy { OrderedQueue(0, parts: 4).take($0) == nil })
        let short = OrderedQueue(2, parts: 8)
        #expect(Set((0..<2).map { _ in short.take(5) }) == [0, 1] && short.take(0) == nil)
    }

    @Test("every number of a queue in parts is worked on once", arguments: [1, 2, 3, 8])
    func sharedParts(_ threads: Int) {
        let notes = Notes()
        let (queue, order) = (OrderedQueue(500, parts: threads), OrderedQueue(500))
        crew(threads) { worker in
            while let number = queue.take(worker) {
                guard let place = order.take() else { return }
                order.deliver(place) { notes.list.append(number) }
            }
        }
        #expect(notes.list.sorted() == Array(0..<500))
    }

    @Test("a failure stops everybody and is what check throws", arguments: [1, 2, 4])
    func failure(_ threads: Int) {
        let notes = Notes()
        let queue = OrderedQueue(1000)
        crew(threads) { _ in
            while let number = queue.take() {
                if number == 20 {
                    queue.fail(.state("number 20 failed"))
                } else {
                    queue.deliver(number) { notes.list.append(number) }
                }
            }
        }
        #expect(failure(of: queue) == .state("number 20 failed"))
        // What was delivered is a beginning of the order; nothing past the failure.
        #expect(notes.list == Array(0..<notes.list.count) && notes.list.count <= 20)
        #expect(queue.take() == nil)
    }

    @Test("of several failures the first is kept")
    func firstFailure() {
        let queue = OrderedQueue(3)
        queue.fail(.state("one"))
        queue.fail(.state("two"))
        #expect(failure(of: queue) == .state("one"))
    }

    @Test("a worker may have a crew of its own")
    func nested() {
        let outer = Notes()
        let queue = OrderedQueue(6)
        crew(3) { _ in
            while let number = queue.take() {
                let inner = Notes()
                let parts = OrderedQueue(10)
                crew(2) { _ in
                    while let part = parts.take() { parts.deliver(part) { inner.list.append(part * number) } }
                }
                queue.deliver(number) { outer.list.append(inner.list.reduce(0, +)) }
            }
        }
        #expect(outer.list == (0..<6).map { 45 * $0 })
    }

    @Test("the size of a block depends on the network alone")
    func sizes() {
        #expect(Block.size(weights: 0, steps: 1) == 16 && Block.size(weights: 1 << 18, steps: 1) == 16)
        #expect(Block.size(weights: (1 << 18) + 1, steps: 1) == 32 && Block.largest == 32)
        #expect(Block.size(weights: 1 << 18, steps: 500) == 16 && Block.size(weights: 1 << 20, steps: 500) == 4)
    }
}
