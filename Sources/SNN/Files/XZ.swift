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
}
