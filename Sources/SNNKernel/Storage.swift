/// Memory for `count` elements, aligned to a cache line, zero at the start and followed by a zeroed margin.
///
/// The margin lets vector code read a full vector at the end. A storage is written by the one function that made it
/// and only read afterwards; that is the discipline behind `@unchecked Sendable`.
public final class Storage<Element: BitwiseCopyable>: @unchecked Sendable {
    /// The first element.
    ///
    /// A pointer does not keep the storage alive: the compiler may let go of a storage that is not named again, even if a
    /// call that got the pointer still runs. Who hands one on ends with `withExtendedLifetime`.
    public let base: UnsafeMutablePointer<Element>
    /// The number of elements, without the margin.
    public let count: Int

    /// Where the memory came from and goes back to.
    private let workspace: Workspace?
    /// Whose memory this is a part of.
    private let owner: Storage?

    /// Bytes of this storage's margin.
    private let marginBytes: Int

    /// Bytes of the margin: one vector of sixteen floats.
    @usableFromInline static var margin: Int { 64 }

    /// Allocates zeroed memory.
    public init(_ count: Int) {
        (base, workspace) = Self.allocate(count, margin: Self.margin)
        owner = nil
        marginBytes = Self.margin
        self.count = count
        let bytes = count * MemoryLayout<Element>.stride
        UnsafeMutableRawPointer(base).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }

    /// Allocates memory whose elements the caller is about to overwrite; only the margin is zeroed.
    public init(overwriting count: Int) {
        (base, workspace) = Self.allocate(count, margin: Self.margin)
        owner = nil
        marginBytes = Self.margin
        self.count = count
    }

    /// Allocates zeroed memory with a margin of at least `zeros` elements, which must stay zero.
    init(_ count: Int, zerosAfter zeros: Int) {
        let margin = max(Self.margin, zeros * MemoryLayout<Element>.stride)
        (base, workspace) = Self.allocate(count, margin: margin)
        owner = nil
        marginBytes = margin
        self.count = count
        let bytes = count * MemoryLayout<Element>.stride
        UnsafeMutableRawPointer(base).initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    }

    /// Zeros that follow the elements.
    var zerosAfter: Int { marginBytes / MemoryLayout<Element>.stride }

    /// Elements `range` of another storage, which stays alive as long; what follows them takes the place of the margin.
    public init(_ range: Range<Int>, of other: Storage) {
        base = other.base + range.lowerBound
        workspace = nil
        owner = other
        marginBytes = 0
        count = range.count
    }

    private static func allocate(_ count: Int, margin: Int) -> (UnsafeMutablePointer<Element>, Workspace?) {
        let used = count * MemoryLayout<Element>.stride
        let bytes = used + margin
        let workspace = bytes >= Workspace.least ? Workspace.current : nil
        let raw = workspace?.take(bytes) ?? UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        (raw + used).initializeMemory(as: UInt8.self, repeating: 0, count: margin)
        return (raw.bindMemory(to: Element.self, capacity: count), workspace)
    }

    deinit {
        guard owner == nil else { return }
        if let workspace {
            workspace.give(base, bytes: count * MemoryLayout<Element>.stride + marginBytes)
        } else {
            UnsafeMutableRawPointer(base).deallocate()
        }
    }

    /// The elements as a collection.
    public var elements: UnsafeMutableBufferPointer<Element> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    /// An independent copy.
    public func copy() -> Storage {
        let twin = Storage(overwriting: count)
        twin.base.update(from: base, count: count)
        return twin
    }
}

extension UnsafePointer where Pointee: SIMDScalar & BitwiseCopyable {
    /// Sixteen elements from `self`, at any alignment.
    @inlinable @inline(__always) public func vector() -> SIMD16<Pointee> {
        UnsafeRawPointer(self).loadUnaligned(as: SIMD16<Pointee>.self)
    }
}

extension UnsafeMutablePointer where Pointee: SIMDScalar & BitwiseCopyable {
    /// Sixteen elements from `self`, at any alignment.
    @inlinable @inline(__always) public func vector() -> SIMD16<Pointee> {
        UnsafeRawPointer(self).loadUnaligned(as: SIMD16<Pointee>.self)
    }
    /// Writes the first `lanes` of sixteen elements.
    @inlinable @inline(__always) public func store(_ vector: SIMD16<Pointee>, lanes: Int = 16) {
        if lanes >= 16 {
            UnsafeMutableRawPointer(self).storeBytes(of: vector, as: SIMD16<Pointee>.self)
        } else {
            for lane in 0..<lanes { self[lane] = vector[lane] }
        }
    }
}
