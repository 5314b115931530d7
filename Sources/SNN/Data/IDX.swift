import SNNKernel

/// An array of unsigned bytes from an IDX file, the format of MNIST: plain or packed with gzip.
///
/// Layout, big-endian: 0, 0, element type (8: unsigned byte), rank, one 32-bit size a dimension, then the elements.
package struct IDX: Sendable {
    /// The sizes of the dimensions, slowest first.
    package let sizes: [Int]
    /// The elements, row-major: the product of ``sizes``.
    package let elements: ByteBuffer

    /// Reads the file at `path`, or `path.gz` where only that exists.
    ///
    /// Throws ``SNNError/file`` where it cannot be read, ``SNNError/corrupt`` where its content is truncated, damaged or
    /// has bytes left over, ``SNNError/notSupported`` for element types other than unsigned bytes.
    package init(path: String) throws(SNNError) {
        let found = ReadFile.exists(path) ? path : path + ".gz"
        try self.init(contents: try ReadFile.bytes(found), label: "'\(found)'")
    }

    /// Reads a file that is in memory; `label` names it in error sentences.
    ///
    /// Takes `contents` over. Errors as ``init(path:)``.
    package init(contents: ByteBuffer, label: String) throws(SNNError) {
        let isPacked = contents.withBytes { $0.bigEndian(UInt16.self, at: 0) == 0x1F8B }
        guard isPacked else {
            sizes = try contents.withBytes { (bytes) throws(SNNError) -> [Int] in
                let sizes = try Self.sizes(in: bytes, label: label)
                let expected = try Self.length(sizes, label: label)
                let got = bytes.count - Self.headerLength(sizes)
                guard got == expected else {
                    throw .corrupt("\(label) of sizes \(sizes) must hold \(expected) elements, got \(got)")
                }
                return sizes
            }
            contents.removeFirst(Self.headerLength(sizes))
            elements = contents
            return
        }
        (sizes, elements) = try contents.withBytes { (bytes) throws(SNNError) -> ([Int], ByteBuffer) in
            var inflater = try Inflater(bytes, format: .gzip, label: label)
            let header = try ByteBuffer(count: 4)
            try header.withMutableBytes { (target) throws(SNNError) in try inflater.fill(target) }
            // The rank comes first; the sizes follow it.
            let rank = Int(header[3])
            try header.resize(to: 4 + 4 * rank)
            try header.withMutableBytes { (target) throws(SNNError) in
                try inflater.fill(UnsafeMutableRawBufferPointer(rebasing: target[4...]))
            }
            let sizes = try header.withBytes { (bytes) throws(SNNError) in try Self.sizes(in: bytes, label: label) }
            let length = try Self.length(sizes, label: label)
            guard length / Inflater.greatestRatio <= bytes.count else {
                throw .corrupt("\(label) of \(bytes.count) packed bytes cannot hold sizes \(sizes)")
            }
            let elements = try ByteBuffer(count: length)
            try elements.withMutableBytes { (target) throws(SNNError) in try inflater.fill(target) }
            try inflater.finish()
            return (sizes, elements)
        }
    }

    private static func headerLength(_ sizes: [Int]) -> Int { 4 + 4 * sizes.count }

    private static func sizes(in bytes: UnsafeRawBufferPointer, label: String) throws(SNNError) -> [Int] {
        guard let magic = bytes.bigEndian(UInt32.self, at: 0) else {
            throw .corrupt("\(label) is truncated: an IDX file has at least 4 bytes, got \(bytes.count)")
        }
        guard magic >> 16 == 0 else {
            throw .corrupt("\(label) is no IDX file: it must begin with two zero bytes")
        }
        guard magic >> 8 == 8 else {
            throw .notSupported("\(label) must hold unsigned bytes (IDX type 8), got type \(magic >> 8)")
        }
        let rank = Int(magic & 0xFF)
        guard 1...4 ~= rank else { throw .corrupt("\(label) must have 1 to 4 dimensions, got \(rank)") }
        var sizes: [Int] = []
        for dimension in 0..<rank {
            guard let size = bytes.bigEndian(UInt32.self, at: 4 + 4 * dimension) else {
                throw .corrupt("\(label) is truncated inside its header")
            }
            sizes.append(Int(size))
        }
        return sizes
    }

    private static func length(_ sizes: [Int], label: String) throws(SNNError) -> Int {
        guard let length = checkedProduct(sizes), length < 1 << 40 else {
            throw .corrupt("\(label) must hold fewer than 2^40 elements, got sizes \(sizes)")
        }
        return length
    }

    /// Image file and label file of one split, as MNIST and its kin come: `[n, height, width]` and `[n]`.
    ///
    /// Throws ``SNNError/corrupt`` where the two do not fit together.
    static func checkPair(images: IDX, labels: IDX, label: String) throws(SNNError) {
        guard images.sizes.count == 3, labels.sizes.count == 1, images.sizes[0] == labels.sizes[0] else {
            throw .corrupt(
                "\(label) must have images [n, height, width] and labels [n], got \(images.sizes) and \(labels.sizes)"
            )
        }
    }
}
