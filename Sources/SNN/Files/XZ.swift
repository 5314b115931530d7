import CLZMA
import SNNKernel

/// Unpacks xz files through liblzma.
enum XZ {
    /// The decoder may use so much memory; `xz -9` needs 65 MiB.
    private static let memoryLimit: UInt64 = 256 << 20

    /// The content of one xz stream, which must have exactly `length` bytes.
    ///
    /// `label` names the source in error sentences. Throws ``SNNError/corrupt``, ``SNNError/memory``.
    static func unpack(_ packed: UnsafeRawBufferPointer, length: Int, label: String) throws(SNNError) -> ByteBuffer {
        let buffer = try ByteBuffer(count: length)
        var limit = memoryLimit
        var inPosition = 0
        var outPosition = 0
        let status = lzma_stream_buffer_decode(
            &limit,
            0,
            nil,
            packed.baseAddress?.assumingMemoryBound(to: UInt8.self),
            &inPosition,
            packed.count,
            buffer.start.assumingMemoryBound(to: UInt8.self),
            &outPosition,
            length
        )
        switch status {
        case LZMA_OK: break
        case LZMA_MEM_ERROR, LZMA_MEMLIMIT_ERROR: throw .memory("no memory to unpack \(label)")
        case LZMA_BUF_ERROR where outPosition == length:
            throw .corrupt("\(label) must unpack to \(length) bytes, but has more")
        default: throw .corrupt("\(label) is damaged: its xz stream does not decode")
        }
        guard outPosition == length else {
            throw .corrupt("\(label) must unpack to \(length) bytes, got \(outPosition)")
        }
        guard inPosition == packed.count else {
            throw .corrupt("\(label) must end with its xz stream, got \(packed.count - inPosition) more bytes")
        }
        return buffer
    }

    /// The content of one xz stream of unknown length, which must not have more than `limit` bytes.
    ///
    /// `label` names the source in error sentences. Throws ``SNNError/corrupt``, ``SNNError/memory``.
    static func unpack(_ packed: UnsafeRawBufferPointer, limit: Int, label: String) throws(SNNError) -> ByteBuffer {
        var stream = lzma_stream()
        guard lzma_stream_decoder(&stream, memoryLimit, 0) == LZMA_OK else {
            throw .memory("no memory to unpack \(label)")
        }
        defer { lzma_end(&stream) }
        stream.next_in = packed.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = packed.count
        // One byte more than allowed tells a stream that ends at the limit from one that goes on.
        let buffer = try ByteBuffer(count: min(limit + 1, max(1 << 16, 4 * packed.count)))
        var filled = 0
        while true {
            stream.next_out = (buffer.start + filled).assumingMemoryBound(to: UInt8.self)
            stream.avail_out = buffer.count - filled
            let status = lzma_code(&stream, LZMA_FINISH)
            filled = buffer.count - stream.avail_out
            guard filled <= limit else {
                throw .corrupt("\(label) must unpack to at most \(limit) bytes, but has more")
            }
            if status == LZMA_STREAM_END { break }
            switch status {
            case LZMA_OK: break
            case LZMA_MEM_ERROR, LZMA_MEMLIMIT_ERROR: throw .memory("no memory to unpack \(label)")
            case LZMA_BUF_ERROR: throw .corrupt("\(label) is truncated: its xz stream has no end")
            default: throw .corrupt("\(label) is damaged: its xz stream does not decode")
            }
            if filled == buffer.count { try buffer.resize(to: min(limit + 1, 2 * buffer.count)) }
        }
        guard stream.avail_in == 0 else {
            throw .corrupt("\(label) must end with its xz stream, got \(stream.avail_in) more bytes")
        }
        try buffer.resize(to: filled)
        return buffer
    }
}
