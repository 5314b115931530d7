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
    /// Bytes below which the system's own allocator is as good.
    static let least = 1 << 15

    private var free: [(memory: UnsafeMutableRawPointer, capacity: Int)] = []
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        for block in free { block.memory.deallocate() }
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// What this thread's storages take their memory from.
    static var current: Workspace? {
        pthread_getspecific(key).map { Unmanaged<Workspace>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Runs `body` with this workspace in use on this thread.
    func use<Result>(_ body: () -> Result) -> Result {
        let outer = pthread_getspecific(Self.key)
        pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
        defer {
            pthread_setspecific(Self.key, outer)
            withExtendedLifetime(self) {}
        }
        return body()
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key, nil)
        return key
    }()

    /// Memory of at least `bytes`, aligned to a cache line.
    func take(_ bytes: Int) -> UnsafeMutableRawPointer {
        let capacity = Self.capacity(bytes)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        usedBytes += capacity
        most = max(most, usedBytes)
        if let index = free.lastIndex(where: { $0.capacity == capacity }) {
            freeBytes -= capacity
            return free.remove(at: index).memory
        }
        // What was not asked for since goes back, oldest first: sizes that no longer occur must not pile up.
        while freeBytes > 0, freeBytes > most - usedBytes {
            let oldest = free.removeFirst()
            freeBytes -= oldest.capacity
            oldest.memory.deallocate()
        }
        return UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
    }

    /// Takes memory back that ``take(_:)`` gave for as many bytes.
    func give(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let capacity = Self.capacity(bytes)
        free.append((memory, capacity))
        freeBytes += capacity
        usedBytes -= capacity
    }

    /// `bytes` rounded up to one of eight sizes an octave, so that buffers whose size follows the data fit one another.
    private static func capacity(_ bytes: Int) -> Int {
        let step = 1 << max(0, Int.bitWidth - 1 - bytes.leadingZeroBitCount - 3)
        return (bytes + step - 1) & ~(step - 1)
    }

    private var freeBytes = 0
    private var usedBytes = 0
    private var most = 0
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
    func use<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        let workspace = idle.popLast() ?? Workspace()
        pthread_mutex_unlock(mutex)
        defer {
            pthread_mutex_lock(mutex)
            idle.append(workspace)
            pthread_mutex_unlock(mutex)
        }
        return workspace.use(body)
    }
}
