#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Samples that are worked on together.
enum Block {
    /// Most samples of a block.
    static let largest = 32

    /// Samples of a block for a network of `weights` weights and windows of `steps`.
    ///
    /// It depends on the network alone, never on threads, so that sums over blocks are the same for any number of them:
    /// large networks take large blocks, as adding up the gradients of a block costs one pass over all weights; long
    /// windows make that pass cheap, and take small blocks, so that a small batch has work for every thread.
    static func size(weights: Int, steps: Int) -> Int {
        var size = weights > 1 << 18 ? largest : largest / 2
        while size > 2, Double(weights) * Double(steps) * Double(size) > 0x1p30 { size /= 2 }
        return size
    }
}

/// Threads that live as long as one call: nothing is left behind for a host program or a `fork()` to trip over.
enum Workers {
    /// Calls `body(worker)` for worker 0..<count at once, worker 0 on this thread, and returns when all are done.
    ///
    /// Where the system refuses a thread the others simply do more: work must come from a shared queue.
    static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let helpers = (1..<max(1, count)).map { Helper(worker: $0, body: body) }
        for helper in helpers { helper.start() }
        body(0)
        for helper in helpers { helper.join() }
    }
}

/// One helping thread.
private final class Helper: @unchecked Sendable {
    private let worker: Int
    private let body: @Sendable (Int) -> Void
    #if canImport(Darwin)
    private var thread: pthread_t?
    #else
    private var thread = pthread_t()
    #endif
    private var isRunning = false

    init(worker: Int, body: @escaping @Sendable (Int) -> Void) {
        self.worker = worker
        self.body = body
    }

    func start() {
        // `join` keeps self alive for as long as the thread runs.
        let unowned = Unmanaged.passUnretained(self).toOpaque()
        isRunning = pthread_create(&thread, nil, { helperMain($0) }, unowned) == 0
    }

    func work() { body(worker) }

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
final class OrderedQueue: @unchecked Sendable {
    private let count: Int
    private var next = 0
    private var delivered = 0
    private var failure: SNNError?
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let turn: UnsafeMutablePointer<pthread_cond_t>

    init(_ count: Int) {
        self.count = count
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

    /// The next number, or nil when there is none left or something failed.
    func take() -> Int? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        guard next < count, failure == nil else { return nil }
        next += 1
        return next - 1
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
