import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A block of memory whose size may come from a file.
///
/// Memory that is refused is an error here; a Swift array would trap and take the host program with it. The block is
/// written only by the code that fills it, before anybody else sees it: that is why it may be shared between threads.
package final class ByteBuffer: @unchecked Sendable {
    private var base: UnsafeMutableRawPointer
    /// Bytes in use.
    package private(set) var count: Int

    /// A block of `count` zero bytes; throws ``SNNError/memory`` where it is refused.
    package init(count: Int) throws(SNNError) {
        // calloc takes untouched pages from the system, so a large block costs nothing until it is used.
        guard count >= 0, let base = calloc(max(count, 1), 1) else {
            throw .memory("no memory for \(count) bytes")
        }
        self.base = base
        self.count = count
    }

    /// A copy of `bytes`.
    package convenience init(copying bytes: UnsafeRawBufferPointer) throws(SNNError) {
        try self.init(count: bytes.count)
        mutableBytes.copyMemory(from: bytes)
    }

    /// A copy of the memory of `values`.
    package convenience init<Value: BitwiseCopyable>(_ values: [Value]) throws(SNNError) {
        try self.init(count: values.count * MemoryLayout<Value>.stride)
        values.withUnsafeBytes { mutableBytes.copyMemory(from: $0) }
    }

    deinit { free(base) }

    /// Where the bytes are: valid while the caller keeps this buffer alive and does not resize it.
    package var start: UnsafeMutableRawPointer { base }

    private var mutableBytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: base, count: count) }

    /// The byte at `index` of 0..<count.
    package subscript(index: Int) -> UInt8 { mutableBytes[index] }

    /// A copy of the bytes.
    package var array: [UInt8] {
        defer { withExtendedLifetime(self) {} }
        return Array(mutableBytes)
    }

    /// Changes the size; bytes beyond the old one are undefined.
    ///
    /// Throws ``SNNError/memory`` where it is refused.
    package func resize(to count: Int) throws(SNNError) {
        guard count >= 0, let moved = realloc(base, max(count, 1)) else {
            throw .memory("no memory for \(count) bytes")
        }
        base = moved
        self.count = count
    }

    /// Drops the first `length` bytes (a header) in place.
    package func removeFirst(_ length: Int) {
        let kept = max(0, count - length)
        memmove(base, base + (count - kept), kept)
        count = kept
    }

    /// Keeps only `rows`, ascending numbers of rows of `rowBytes` each, in place.
    package func keep(rows: [Int], rowBytes: Int) throws(SNNError) {
        for (target, row) in rows.enumerated() where target != row {
            memmove(base + target * rowBytes, base + row * rowBytes, rowBytes)
        }
        try resize(to: rows.count * rowBytes)
    }

    /// Runs `body` on the bytes and keeps them alive meanwhile.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(mutableBytes))
    }

    /// Runs `body`, which fills the bytes, and keeps them alive meanwhile.
    package func withMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(mutableBytes)
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian integer at `offset`, or nil where it would leave the buffer.
    package func littleEndian<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value? {
        guard offset >= 0, offset <= count - MemoryLayout<Value>.size else { return nil }
        return Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// The big-endian integer at `offset`, or nil where it would leave the buffer.
    package func bigEndian<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value? {
        littleEndian(type, at: offset)?.byteSwapped
    }

    /// `length` bytes from `offset`, or nil where they would leave the buffer.
    package func slice(at offset: Int, length: Int) -> UnsafeRawBufferPointer? {
        guard offset >= 0, length >= 0, offset <= count, length <= count - offset else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[offset..<offset + length])
    }
}

/// The product of sizes that come from a file, or nil where one is negative or it leaves `Int`.
package func checkedProduct(_ factors: some Sequence<Int>) -> Int? {
    var product = 1
    for factor in factors {
        let (next, overflow) = product.multipliedReportingOverflow(by: factor)
        guard factor >= 0, !overflow else { return nil }
        product = next
    }
    return product
}
