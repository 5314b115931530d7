import CZLib
import SNNKernel

/// Unpacks a gzip or raw deflate stream piece by piece through zlib.
///
/// The packed bytes are borrowed and must outlive the inflater.
struct Inflater: ~Copyable {
    /// The frame around the packed bytes.
    enum Format {
        case gzip, raw
    }

    /// Deflate cannot pack better than this, so a size that claims more is a lie and needs no memory.
    static let greatestRatio = 1032

    // On the heap: zlib keeps a pointer to the structure, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var left: UnsafeRawBufferPointer
    private let label: String
    private(set) var isFinished = false

    /// Starts on `packed`; `label` names the source in error sentences.
    ///
    /// Throws ``SNNError/memory``.
    init(_ packed: UnsafeRawBufferPointer, format: Format, label: String) throws(SNNError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        left = packed
        self.label = label
        let bits: Int32 = format == .gzip ? 15 + 16 : -15
        guard inflateInit2_(stream, bits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            stream.deallocate()
            throw .memory("no memory to unpack \(label)")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Fills `target` to the end; throws ``SNNError/corrupt`` where the stream is damaged or ends before.
    mutating func fill(_ target: UnsafeMutableRawBufferPointer) throws(SNNError) {
        let got = try read(into: target)
        guard got == target.count else {
            throw .corrupt("\(label) is truncated: \(target.count - got) of \(target.count) bytes are missing")
        }
    }

    /// Refuses bytes after the expected ones, whether packed or not.
    mutating func finish() throws(SNNError) {
        var extra: UInt8 = 0
        let got = try withUnsafeMutableBytes(of: &extra) { (target) throws(SNNError) in try read(into: target) }
        guard got == 0, isFinished else { throw .corrupt("\(label) must end here, but has more bytes") }
        let trailing = left.count + Int(stream.pointee.avail_in)
        guard trailing == 0 else {
            throw .corrupt("\(label) must end with its packed stream, got \(trailing) more bytes")
        }
    }

    /// Unpacks up to `target.count` bytes and says how many there were.
    private mutating func read(into target: UnsafeMutableRawBufferPointer) throws(SNNError) -> Int {
        guard let base = target.bindMemory(to: UInt8.self).baseAddress else { return 0 }
        var done = 0
        while done < target.count && !isFinished {
            if stream.pointee.avail_in == 0 && !left.isEmpty { feed() }
            let room = min(target.count - done, 1 << 30)
            stream.pointee.next_out = base + done
            stream.pointee.avail_out = UInt32(room)
            let status = inflate(stream, Z_NO_FLUSH)
            let got = room - Int(stream.pointee.avail_out)
            done += got
            switch status {
            case Z_STREAM_END: isFinished = true
            case Z_OK: break
            case Z_BUF_ERROR where got == 0 && left.isEmpty && stream.pointee.avail_in == 0: return done
            case Z_BUF_ERROR: break
            case Z_MEM_ERROR: throw .memory("no memory to unpack \(label)")
            default: throw .corrupt("\(label) is damaged: its packed stream does not decode")
            }
        }
        return done
    }

    /// zlib counts in 32 bits, so large sources are handed over in parts.
    private mutating func feed() {
        let part = min(left.count, 1 << 30)
        stream.pointee.next_in = UnsafeMutablePointer(mutating: left.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(part)
        left = UnsafeRawBufferPointer(rebasing: left[part...])
    }
}

/// The CRC-32 of `bytes`, as zip files carry it.
func crc32(of bytes: UnsafeRawBufferPointer) -> UInt32 {
    var sum: UInt = crc32(0, nil, 0)
    var offset = 0
    while offset < bytes.count, let base = bytes.baseAddress {
        let part = min(bytes.count - offset, 1 << 30)
        sum = crc32(sum, (base + offset).assumingMemoryBound(to: UInt8.self), UInt32(part))
        offset += part
    }
    return UInt32(truncatingIfNeeded: sum)
}
