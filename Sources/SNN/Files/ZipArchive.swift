import SNNKernel

/// A zip file in memory, as numpy writes it: stored or deflated entries.
///
/// Encryption, archives in several parts and zip64 sizes are refused by name.
/// Source: PKWARE APPNOTE 6.3.
struct ZipArchive {
    private struct Entry {
        let method: UInt16
        let flags: UInt16
        let crc: UInt32
        let packedSize: Int
        let size: Int
        let header: Int
    }

    private let contents: ByteBuffer
    private let label: String
    private let entries: [String: Entry]

    /// Reads the directory; `label` names the file in error sentences.
    ///
    /// Throws ``SNNError/corrupt``, ``SNNError/notSupported``.
    init(contents: ByteBuffer, label: String) throws(SNNError) {
        self.contents = contents
        self.label = label
        entries = try contents.withBytes { (bytes) throws(SNNError) in try Self.directory(bytes, label) }
    }

    /// The names of the entries, sorted.
    var names: [String] { entries.keys.sorted() }

    private static func directory(
        _ bytes: UnsafeRawBufferPointer,
        _ label: String
    ) throws(SNNError) -> [String: Entry] {
        // The end record is 22 bytes and a comment of up to 65,535: look for it from the end.
        var end = bytes.count - 22
        let lowest = max(0, end - 65_535)
        while end >= lowest && bytes.littleEndian(UInt32.self, at: end) != 0x0605_4B50 { end -= 1 }
        guard end >= lowest, let disk = bytes.littleEndian(UInt32.self, at: end + 4),
            let count = bytes.littleEndian(UInt16.self, at: end + 10),
            let size = bytes.littleEndian(UInt32.self, at: end + 12),
            let start = bytes.littleEndian(UInt32.self, at: end + 16)
        else { throw .corrupt("\(label) is truncated or no zip file: it has no end record") }
        guard count != .max, size != .max, start != .max else {
            throw .notSupported("\(label) is a zip64 archive; arrays of 4 GiB and more are not supported")
        }
        guard disk == 0 else { throw .notSupported("\(label) must be one zip file, not a part of several") }
        guard Int(start) + Int(size) <= end else {
            throw .corrupt("the directory of \(label) must lie before its end record")
        }

        var entries: [String: Entry] = [:]
        var position = Int(start)
        for _ in 0..<count {
            guard let record = bytes.slice(at: position, length: 46),
                record.littleEndian(UInt32.self, at: 0) == 0x0201_4B50,
                let nameLength = record.littleEndian(UInt16.self, at: 28),
                let extraLength = record.littleEndian(UInt16.self, at: 30),
                let commentLength = record.littleEndian(UInt16.self, at: 32),
                let nameBytes = bytes.slice(at: position + 46, length: Int(nameLength)),
                let name = String(validating: nameBytes, as: UTF8.self)
            else { throw .corrupt("the directory of \(label) is damaged") }
            guard entries[name] == nil else { throw .corrupt("\(label) must have one entry '\(name)', got two") }
            let entry = Entry(
                method: record.littleEndian(UInt16.self, at: 10) ?? 0,
                flags: record.littleEndian(UInt16.self, at: 8) ?? 0,
                crc: record.littleEndian(UInt32.self, at: 16) ?? 0,
                packedSize: Int(record.littleEndian(UInt32.self, at: 20) ?? 0),
                size: Int(record.littleEndian(UInt32.self, at: 24) ?? 0),
                header: Int(record.littleEndian(UInt32.self, at: 42) ?? 0)
            )
            guard entry.size < UInt32.max, entry.packedSize < UInt32.max, entry.header < UInt32.max else {
                throw .notSupported("'\(name)' in \(label) has zip64 sizes; arrays of 4 GiB and more are not supported")
            }
            entries[name] = entry
            position += 46 + Int(nameLength) + Int(extraLength) + Int(commentLength)
        }
        return entries
    }

    /// The content of entry `name`, checked against its CRC; nil where there is no such entry.
    ///
    /// Throws ``SNNError/corrupt``, ``SNNError/notSupported``, ``SNNError/memory``.
    func read(_ name: String) throws(SNNError) -> ByteBuffer? {
        guard let entry = entries[name] else { return nil }
        let label = "'\(name)' in \(label)"
        guard entry.flags & 1 == 0 else { throw .notSupported("\(label) must not be encrypted") }
        let content = try contents.withBytes { (bytes) throws(SNNError) -> ByteBuffer in
            // Name and extra field may differ in length between directory and local header (numpy's do).
            guard bytes.littleEndian(UInt32.self, at: entry.header) == 0x0403_4B50,
                let nameLength = bytes.littleEndian(UInt16.self, at: entry.header + 26),
                let extraLength = bytes.littleEndian(UInt16.self, at: entry.header + 28),
                let packed = bytes.slice(
                    at: entry.header + 30 + Int(nameLength) + Int(extraLength),
                    length: entry.packedSize
                )
            else { throw .corrupt("\(label) is truncated or its header is damaged") }
            switch entry.method {
            case 0:
                guard entry.size == entry.packedSize else {
                    throw .corrupt("\(label) must have \(entry.packedSize) bytes, got \(entry.size)")
                }
                return try ByteBuffer(copying: packed)
            case 8:
                guard entry.size / Inflater.greatestRatio <= packed.count else {
                    throw .corrupt("\(label) of \(packed.count) packed bytes cannot hold \(entry.size)")
                }
                let buffer = try ByteBuffer(count: entry.size)
                var inflater = try Inflater(packed, format: .raw, label: label)
                try buffer.withMutableBytes { (target) throws(SNNError) in try inflater.fill(target) }
                try inflater.finish()
                return buffer
            default: throw .notSupported("\(label) must be stored or deflated, got zip method \(entry.method)")
            }
        }
        guard content.withBytes(crc32(of:)) == entry.crc else {
            throw .corrupt("\(label) is damaged: its checksum does not fit")
        }
        return content
    }
}
