import SNNKernel

/// A tar file in memory: its files by name, never written to a disk.
///
/// Files and folders are read, in the ustar and the old format and with pax headers that say nothing about name and size.
/// Links, devices, sparse files and the long names of GNU and pax are refused by name, as are names that would leave a
/// folder, and two files of one name. Source: IEEE Std 1003.1, pax, «ustar interchange format».
struct TarArchive {
    /// A file of the archive.
    struct Entry: Equatable {
        /// Its path, without "./" in front.
        let name: String
        /// Where its bytes are in the archive.
        let bytes: Range<Int>
    }

    /// The files, in the order of the archive.
    let entries: [Entry]
    private let contents: ByteBuffer

    /// Headers and contents come in blocks of so many bytes.
    private static let block = 512
    /// What a pax header may not change about the file after it: its place in memory and its name.
    private static let refusedKeys = ["path", "size", "linkpath", "GNU.sparse"]

    /// Reads the headers; `label` names the archive in error sentences.
    ///
    /// Throws ``SNNError/corrupt`` for a truncated or damaged archive, a name that leaves the folder or occurs twice,
    /// ``SNNError/notSupported``.
    init(contents: ByteBuffer, label: String) throws(SNNError) {
        entries = try contents.withBytes { (bytes) throws(SNNError) in try Self.entries(bytes, label) }
        self.contents = contents
    }

    /// A copy of the bytes of `entry`; throws ``SNNError/memory``.
    func read(_ entry: Entry) throws(SNNError) -> ByteBuffer {
        try contents.withBytes { (bytes) throws(SNNError) in
            try ByteBuffer(copying: UnsafeRawBufferPointer(rebasing: bytes[entry.bytes]))
        }
    }

    private static func entries(_ bytes: UnsafeRawBufferPointer, _ label: String) throws(SNNError) -> [Entry] {
        var entries: [Entry] = []
        var names: Set<String> = []
        var position = 0
        while true {
            guard let header = bytes.slice(at: position, length: block) else {
                throw .corrupt("\(label) is truncated: no empty block ends it")
            }
            if header.allSatisfy({ $0 == 0 }) { return entries }
            let name = try name(header, at: position, label)
            guard let size = octal(header, at: 124, length: 12),
                let content = bytes.slice(at: position + block, length: size)
            else { throw .corrupt("'\(name)' in \(label) is truncated: its size does not fit the archive") }
            let start = position + block
            switch header[156] {
            case UInt8(ascii: "0"), 0:
                try check(name, label)
                guard names.insert(name).inserted else {
                    throw .corrupt("\(label) must have one file '\(name)', got two")
                }
                entries.append(Entry(name: name, bytes: start..<start + size))
            case UInt8(ascii: "5"): break
            case UInt8(ascii: "x"), UInt8(ascii: "g"): try checkExtension(content, label)
            case let type:
                throw .notSupported(
                    "'\(name)' in \(label) must be a file or a folder, got type '\(Character(UnicodeScalar(type)))'"
                )
            }
            // No overflow: size is at most the bytes of the archive.
            position = start + (size + block - 1) / block * block
        }
    }

    /// The name of a header that is whole and whose checksum is right.
    private static func name(
        _ header: UnsafeRawBufferPointer,
        at position: Int,
        _ label: String
    ) throws(SNNError) -> String {
        // The sum of the header's bytes, its own eight counted as blanks.
        let sum = header.enumerated().reduce(0) { $0 + (148..<156 ~= $1.offset ? 32 : Int($1.element)) }
        guard octal(header, at: 148, length: 8) == sum else {
            throw .corrupt("\(label) is damaged or no tar file: the checksum of the header at \(position) does not fit")
        }
        let isUstar = header[257..<262].elementsEqual("ustar".utf8)
        // GNU's own format has other things where the prefix is.
        let isPosix = isUstar && header[262] == 0
        guard let last = text(header, at: 0, length: 100),
            let prefix = isPosix ? text(header, at: 345, length: 155) : "",
            !last.isEmpty
        else { throw .corrupt("\(label) must have names in UTF-8, got another at \(position)") }
        let name = prefix.isEmpty ? last : "\(prefix)/\(last)"
        return name.hasPrefix("./") ? String(name.dropFirst(2)) : name
    }

    private static func check(_ name: String, _ label: String) throws(SNNError) {
        guard !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else {
            throw .corrupt("\(label) must have names that stay in its folder, got '\(name)'")
        }
    }

    /// Refuses pax records that would change name or size: «LENGTH KEY=VALUE\n», one after another.
    private static func checkExtension(_ content: UnsafeRawBufferPointer, _ label: String) throws(SNNError) {
        var rest = content[...]
        while let blank = rest.firstIndex(of: UInt8(ascii: " ")), let equals = rest.firstIndex(of: UInt8(ascii: "=")) {
            guard let length = Int(String(decoding: rest[..<blank], as: UTF8.self)), length >= 1, length <= rest.count,
                blank < equals, equals < rest.startIndex + length
            else { break }
            let key = String(decoding: rest[(blank + 1)..<equals], as: UTF8.self)
            for refused in refusedKeys where key == refused || key.hasPrefix("\(refused).") {
                throw .notSupported("\(label) must not have pax headers that set '\(key)'")
            }
            rest = rest.dropFirst(length)
        }
        guard rest.allSatisfy({ $0 == 0 }) else { throw .corrupt("\(label) has a damaged pax header") }
    }

    /// The text of a field up to its first zero byte; nil where it is not UTF-8.
    private static func text(_ header: UnsafeRawBufferPointer, at offset: Int, length: Int) -> String? {
        String(validating: header[offset..<offset + length].prefix { $0 != 0 }, as: UTF8.self)
    }

    /// An octal number with blanks or zero bytes around it; nil where there is none, or one of GNU's binary ones.
    private static func octal(_ header: UnsafeRawBufferPointer, at offset: Int, length: Int) -> Int? {
        let digits = header[offset..<offset + length].drop { $0 == 32 }.prefix { $0 != 32 && $0 != 0 }
        // Twelve octal digits are 36 bits.
        guard !digits.isEmpty, digits.allSatisfy({ 48...55 ~= $0 }) else { return nil }
        return digits.reduce(0) { $0 << 3 | Int($1 - 48) }
    }
}
