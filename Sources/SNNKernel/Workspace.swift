#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Memory that a worker uses again for the next block of samples.
///
/// The passes of a block allocate and free the same large buffers block after block. Given back to the system each time,
/// every page of them is cleared and mapped anew, which took a seventh of the time of training a convolution. A
/// ``Storage`` made while a workspace is in use takes its memory from it and gives it back at its end, on any thread.
final class Workspace: @unchecked Sendable {
    /// Bytes below which the system's own allocator serves.
    ///
    /// Of larger ones that are aligned to a cache line its heap keeps holes: a few buffers of 32 KB, asked for and given back
    /// sample after sample, left 0.8 MB.
    static let least = 1 << 13

    private var account = WorkspaceAccount<UnsafeMutableRawPointer>()
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        for block in account.free { WorkspaceMemory.release(block.memory, capacity: block.capacity) }
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// What this thread's storages take their memory from.
    static var current: Workspace? {
        pthread_getspecific(key).map { Unmanaged<Workspace>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Runs `body` with this workspace in use on this thread.
    func use<Result, Failure: Error>(
        retention: Double,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        account.retention = retention
        pthread_mutex_unlock(mutex)
        let outer = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        defer {
            pthread_setspecific(Self.key, outer)
            withExtendedLifetime(self) {}
        }
        return try body()
    }

    /// Makes what threads share, before they can ask for it at once.
    static func share() { _ = key }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Memory of at least `bytes`, aligned to a cache line.
    func take(_ bytes: Int) -> UnsafeMutableRawPointer {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return account.take(bytes) { WorkspaceMemory.release($0, capacity: $1) }
            ?? WorkspaceMemory.make(capacity: WorkspaceCapacity.of(bytes))
    }

    /// Takes memory back that ``take(_:)`` gave for as many bytes.
    func give(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        account.give(memory, bytes: bytes)
    }
}

/// The sizes of a workspace's buffers.
enum WorkspaceCapacity {
    /// `bytes` rounded up to one of eight sizes an octave, so that buffers whose size follows the data fit one another.
    static func of(_ bytes: Int) -> Int {
        let step = 1 << max(0, Int.bitWidth - 1 - bytes.leadingZeroBitCount - 3)
        return (bytes + step - 1) & ~(step - 1)
    }
}

/// Where a workspace's buffers come from.
///
/// Large ones are mapped rather than allocated: given back they leave the process at once. Among the small things that
/// wait for the end of a batch the allocator's heap would keep every hole: with windows of 1000 steps and batches of 128
/// it grew to twenty times what was in use.
private enum WorkspaceMemory {
    /// Bytes from which a buffer is mapped.
    private static let leastMapped = 1 << 17
    private static let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    /// Where in its page a buffer begins that the allocator served; mapped ones begin before it.
    private static let allocated = 32 * 64

    static func make(capacity: Int) -> UnsafeMutableRawPointer {
        guard capacity >= leastMapped else { return .allocate(byteCount: capacity, alignment: 64) }
        let pages = mmap(nil, mapped(capacity), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0)
        guard let pages, pages != MAP_FAILED else {
            // A process may hold so many mappings and no more: then the allocator serves, at a place that tells.
            return .allocate(byteCount: mapped(capacity), alignment: page) + allocated
        }
        // Not all buffers at the start of a page: the same places of two would fall into the same cache lines.
        let number = UInt(bitPattern: pages) / UInt(page)
        return pages + Int((number &* 0x9E37_79B9) >> 16 & 31) * 64
    }

    static func release(_ memory: UnsafeMutableRawPointer, capacity: Int) {
        guard capacity >= leastMapped else { return memory.deallocate() }
        let place = Int(bitPattern: memory) & (page - 1)
        if place == allocated {
            (memory - place).deallocate()
        } else {
            munmap(memory - place, mapped(capacity))
        }
    }

    private static func mapped(_ capacity: Int) -> Int { (capacity + allocated + page - 1) & ~(page - 1) }
}

/// What a workspace may hold, as a multiple of the most that was in use at once.
///
/// The passes need different sizes at different times. Training has more of them: at half as much again, case b of the
/// benchmarks mapped and cleared buffers anew for a third of its time.
enum Retention {
    static let inference = 1.5
    static let training = 3.0
    /// Where memory is short.
    static let budget = 1.0
}

/// What of a workspace is in use and what lies ready.
///
/// ``MemoryPlan`` keeps the same account of memory that is not there yet.
struct WorkspaceAccount<Memory> {
    /// How much may be held, in use and ready, as a multiple of the most that was in use at once.
    var retention = Retention.inference
    /// What lies ready, in the order it came back.
    private(set) var free: [(memory: Memory, capacity: Int)] = []
    private var freeBytes = 0
    private var usedBytes = 0
    private var most = 0

    /// Memory that lies ready for `bytes`, or nil where it must be made; `release` gets what is no longer worth keeping.
    mutating func take(_ bytes: Int, release: (Memory, _ capacity: Int) -> Void) -> Memory? {
        let capacity = WorkspaceCapacity.of(bytes)
        usedBytes += capacity
        most = max(most, usedBytes)
        if let index = free.lastIndex(where: { $0.capacity == capacity }) {
            freeBytes -= capacity
            return free.remove(at: index).memory
        }
        // What was not asked for since goes back, oldest first: sizes that no longer occur must not pile up. The passes
        // need different sizes at different times: see ``Retention``.
        while freeBytes > 0, Double(freeBytes + usedBytes) > retention * Double(most) {
            let oldest = free.removeFirst()
            freeBytes -= oldest.capacity
            release(oldest.memory, oldest.capacity)
        }
        return nil
    }

    /// Takes memory back that ``take(_:release:)`` gave, or that was made, for as many bytes.
    mutating func give(_ memory: Memory, bytes: Int) {
        let capacity = WorkspaceCapacity.of(bytes)
        free.append((memory, capacity))
        freeBytes += capacity
        usedBytes -= capacity
    }
}

/// The workspaces of calls that are not running now, so that the next call finds its memory warm.
final class Workspaces: @unchecked Sendable {
    private var idle: [Workspace] = []
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Runs `body` with a workspace that no other thread uses.
    ///
    /// `retention` says how much it may keep for later.
    func use<Result, Failure: Error>(
        retention: Double = Retention.inference,
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        pthread_mutex_lock(mutex)
        let workspace = idle.popLast() ?? Workspace()
        pthread_mutex_unlock(mutex)
        defer {
            pthread_mutex_lock(mutex)
            idle.append(workspace)
            pthread_mutex_unlock(mutex)
        }
        return try workspace.use(retention: retention, body)
    }
}
