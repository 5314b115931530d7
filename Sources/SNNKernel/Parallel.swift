import CLanes

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Samples that are worked on together.
enum Block {
    /// Most samples of a block.
    static let largest = 32
    /// Blocks of an inference that share one pass over a large first layer.
    static let sharing = 8

    /// Samples of a block for a network of `weights` weights and windows of `steps`.
    ///
    /// It depends on the network alone, never on threads, so that sums over blocks are the same for any number of them:
    /// large networks take large blocks, as adding up the gradients of a block costs one pass over all weights; long
    /// windows make that pass cheap, and take small blocks, so that a small batch has work for every thread.
    static func size(weights: Int, steps: Int) -> Int {
        var size = weights > 1 << 18 ? largest : largest / 2
        while size > 2, Double(weights) * Double(steps) * Double(size) > 0x1p31 { size /= 2 }
        return size
    }
}

/// Threads that live as long as one call: nothing is left behind for a host program or a `fork()` to trip over.
///
/// A call has phases with work for several threads and others without. Its helpers start when first there is work for
/// them and wait from phase to phase. One thread alone costs nothing.
package final class Crew {
    /// Threads in all, the calling one among them.
    let threads: Int
    private let shift = Shift()
    private var helpers: [Helper] = []

    private init(threads: Int) { self.threads = max(1, threads) }

    /// Runs `body` with a crew, whose helpers have ended when this returns.
    package static func with<Result>(
        _ threads: Int,
        _ body: (Crew) throws(SNNError) -> Result
    ) throws(SNNError) -> Result {
        let crew = Crew(threads: threads)
        defer { crew.end() }
        return try body(crew)
    }

    /// Calls `body(worker)` for workers 0..<count, or as many as there are threads, at once, worker 0 on this thread,
    /// and returns when all are done.
    ///
    /// A helper that comes when worker 0 is done is sent back, and where the system refuses a thread there is none:
    /// work must come from a shared queue.
    package func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let workers = min(count, threads)
        guard workers > 1 else { return body(0) }
        // Globals that helpers share are made here: in a child after fork() Swift's lock around their making never opens
        // where two threads want it, as it goes by a thread number that the fork made stale.
        Workspace.share()
        DenseProduct.share()
        shift.open(workers: workers, body)
        while helpers.count < workers - 1 { helpers.append(Helper(worker: helpers.count + 1, shift: shift)) }
        body(0)
        shift.close()
    }

    private func end() {
        guard !helpers.isEmpty else { return }
        shift.end()
        for helper in helpers { helper.join() }
    }
}

/// What the threads of a crew tell one another.
private final class Shift: @unchecked Sendable {
    private var body: (@Sendable (Int) -> Void)?
    /// Workers of this phase.
    private var workers = 0
    /// Helpers at work.
    private let busy: UnsafeMutablePointer<UInt32>
    /// The number of this phase, from 1.
    private let phase: UnsafeMutablePointer<UInt32>
    private var isOver = false
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let opened: UnsafeMutablePointer<pthread_cond_t>
    private let finished: UnsafeMutablePointer<pthread_cond_t>

    init() {
        busy = .allocate(capacity: 1)
        phase = .allocate(capacity: 1)
        busy.initialize(to: 0)
        phase.initialize(to: 0)
        mutex = .allocate(capacity: 1)
        opened = .allocate(capacity: 1)
        finished = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(opened, nil)
        pthread_cond_init(finished, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(opened)
        pthread_cond_destroy(finished)
        mutex.deallocate()
        opened.deallocate()
        finished.deallocate()
        busy.deallocate()
        phase.deallocate()
    }

    func open(workers: Int, _ body: @escaping @Sendable (Int) -> Void) {
        pthread_mutex_lock(mutex)
        self.body = body
        self.workers = workers
        snn_publish(phase, phase.pointee &+ 1)
        pthread_cond_broadcast(opened)
        pthread_mutex_unlock(mutex)
    }

    /// Ends the phase for helpers that have not begun, and waits for those that have.
    func close() {
        pthread_mutex_lock(mutex)
        body = nil
        pthread_mutex_unlock(mutex)
        Patience.wait { snn_look(busy) == 0 }
        pthread_mutex_lock(mutex)
        while busy.pointee > 0 { pthread_cond_wait(finished, mutex) }
        pthread_mutex_unlock(mutex)
    }

    func end() {
        pthread_mutex_lock(mutex)
        isOver = true
        snn_publish(phase, phase.pointee &+ 1)
        pthread_cond_broadcast(opened)
        pthread_mutex_unlock(mutex)
    }

    /// A helper's part of all phases.
    func serve(as worker: Int) {
        var seen: UInt32 = 0
        pthread_mutex_lock(mutex)
        while true {
            while phase.pointee == seen {
                pthread_mutex_unlock(mutex)
                let isNew = Patience.wait { snn_look(phase) != seen }
                pthread_mutex_lock(mutex)
                if !isNew, phase.pointee == seen { pthread_cond_wait(opened, mutex) }
            }
            seen = phase.pointee
            if isOver { break }
            guard worker < workers, let body else { continue }
            snn_publish(busy, busy.pointee + 1)
            pthread_mutex_unlock(mutex)
            body(worker)
            pthread_mutex_lock(mutex)
            snn_publish(busy, busy.pointee - 1)
            if busy.pointee == 0 { pthread_cond_signal(finished) }
        }
        pthread_mutex_unlock(mutex)
    }
}

/// How long a thread looks before it sleeps.
private enum Patience {
    /// Some 20 microseconds, about what waking a sleeper takes; five times as many gain nothing in training.
    private static let looks = 4000

    /// Whether `isTrue` came true within that time.
    @discardableResult
    @inline(__always)
    static func wait(_ isTrue: () -> Bool) -> Bool {
        for _ in 0..<looks {
            if isTrue() { return true }
            snn_pause()
        }
        return false
    }
}

/// One helping thread.
private final class Helper {
    private let worker: Int
    private let shift: Shift
    #if canImport(Darwin)
    private var thread: pthread_t?
    #else
    private var thread = pthread_t()
    #endif
    private var isRunning = false

    init(worker: Int, shift: Shift) {
        self.worker = worker
        self.shift = shift
        // The crew keeps self alive until `join`.
        let unowned = Unmanaged.passUnretained(self).toOpaque()
        isRunning = pthread_create(&thread, nil, { helperMain($0) }, unowned) == 0
    }

    func work() { shift.serve(as: worker) }

    func join() {
        guard isRunning else { return }
        #if canImport(Darwin)
        if let thread { pthread_join(thread, nil) }
        #else
        pthread_join(thread, nil)
        #endif
    }
}

private func helperMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let argument { Unmanaged<Helper>.fromOpaque(argument).takeUnretainedValue().work() }
    return nil
}

/// Hands out the numbers 0..<count to workers, and lets them deliver their results in that order.
///
/// In several parts, for work that delivers nothing: a worker gets the numbers of a part of its own first, in every queue of
/// that size the same, so that what it wrote last time is still in its cache; then what others have not come to.
final class OrderedQueue: @unchecked Sendable {
    /// Numbers of each part that nobody took.
    private var rests: [Range<Int>]
    private var delivered = 0
    private var failure: SNNError?
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let turn: UnsafeMutablePointer<pthread_cond_t>

    init(_ count: Int, parts: Int = 1) {
        rests = (0..<parts).map { $0 * count / parts..<($0 + 1) * count / parts }
        mutex = .allocate(capacity: 1)
        turn = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(turn, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(turn)
        mutex.deallocate()
        turn.deallocate()
    }

    /// The next number of a worker, or nil when there is none left or something failed.
    func take(_ worker: Int = 0) -> Int? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard failure == nil else { return nil }
        let own = worker % rests.count
        if let number = rests[own].popFirst() { return number }
        // The end of the longest rest: its owner comes there last.
        guard let longest = rests.indices.max(by: { rests[$0].count < rests[$1].count }) else { return nil }
        return rests[longest].popLast()
    }

    /// Waits until all numbers before `number` were delivered, then runs `body` alone.
    func deliver(_ number: Int, _ body: () -> Void) {
        pthread_mutex_lock(mutex)
        while delivered < number, failure == nil { pthread_cond_wait(turn, mutex) }
        if failure == nil { body() }
        delivered += 1
        pthread_cond_broadcast(turn)
        pthread_mutex_unlock(mutex)
    }

    /// Stops everybody.
    func fail(_ error: SNNError) {
        pthread_mutex_lock(mutex)
        if failure == nil { failure = error }
        pthread_cond_broadcast(turn)
        pthread_mutex_unlock(mutex)
    }

    /// Throws what a worker reported.
    func check() throws(SNNError) {
        if let failure { throw failure }
    }
}
