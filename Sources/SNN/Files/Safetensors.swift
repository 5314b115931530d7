import SNNKernel

/// The element types of the safetensors format, by their names in the header.
package enum TensorType: String, CaseIterable, Sendable {
    case bool = "BOOL"
    case u8 = "U8"
    case i8 = "I8"
    case i16 = "I16"
    case u16 = "U16"
    case f16 = "F16"
    case bf16 = "BF16"
    case i32 = "I32"
    case u32 = "U32"
    case f32 = "F32"
    case f64 = "F64"
    case i64 = "I64"
    case u64 = "U64"

    /// Bytes of one element.
    package var size: Int {
        switch self {
        case .bool, .u8, .i8: 1
        case .i16, .u16, .f16, .bf16: 2
        case .i32, .u32, .f32: 4
        case .f64, .i64, .u64: 8
        }
    }
}

/// One tensor to be written: borrowed memory, row-major and little-endian.
package struct TensorToWrite {
    /// Its name in the file, unique and not `__metadata__`.
    package let name: String
    /// What its elements are.
    package let type: TensorType
    /// Its extents; [] is a scalar.
    package let shape: [Int]
    /// Its elements; must stay valid until the file is written.
    package let bytes: UnsafeRawBufferPointer

    /// A tensor over `bytes`, which are borrowed.
    package init(name: String, type: TensorType, shape: [Int], bytes: UnsafeRawBufferPointer) {
        self.name = name
        self.type = type
        self.shape = shape
        self.bytes = bytes
    }
}

/// Writes safetensors files: a header of 8 + n bytes, then the tensors without gaps.
///
/// The same input always gives the same bytes.
/// Source: https://github.com/huggingface/safetensors, README, «Format».
package enum SafetensorsWriter {
    /// Replaces the file at `path`, with the guarantee of ``AtomicFile``; the tensors are not copied.
    ///
    /// Throws ``SNNError/shape`` where a shape and its bytes disagree, ``SNNError/argument`` for a repeated name,
    /// ``SNNError/file``.
    package static func write(
        _ tensors: [TensorToWrite],
        metadata: [String: String] = [:],
        to path: String,
        observe: (AtomicFile.Stage) throws(SNNError) -> Void = { _ in }
    ) throws(SNNError) {
        let header = try header(of: tensors, metadata: metadata)
        try AtomicFile.write(to: path, observe: observe) { (sink) throws(SNNError) in
            try header.withBytes { (bytes) throws(SNNError) in try sink.write(bytes) }
            for tensor in tensors {
                try observe(.writing)
                try sink.write(tensor.bytes)
            }
        }
    }

    /// The header's length and the header, padded with spaces so that the tensors start at a multiple of 8.
    private static func header(of tensors: [TensorToWrite], metadata: [String: String]) throws(SNNError) -> ByteBuffer {
        var entries: [String] = []
        if !metadata.isEmpty {
            let text = JSONValue.object(metadata.mapValues { .string($0) }).text()
            entries.append("\"__metadata__\":\(text)")
        }
        var names: Set<String> = ["__metadata__"]
        var start = 0
        for tensor in tensors {
            guard names.insert(tensor.name).inserted else {
                throw .argument("a tensor's name must be unique and not '__metadata__', got '\(tensor.name)' again")
            }
            guard checkedProduct(tensor.shape + [tensor.type.size]) == tensor.bytes.count else {
                throw .shape(
                    "tensor '\(tensor.name)' of shape \(tensor.shape) and type \(tensor.type.rawValue) "
                        + "must not have \(tensor.bytes.count) bytes"
                )
            }
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let end = start + tensor.bytes.count
            entries.append(
                "\(JSONValue.quoted(tensor.name)):{\"dtype\":\"\(tensor.type.rawValue)\","
                    + "\"shape\":[\(shape)],\"data_offsets\":[\(start),\(end)]}"
            )
            start = end
        }
        var text = Array("{\(entries.joined(separator: ","))}".utf8)
        while text.count % 8 != 0 { text.append(UInt8(ascii: " ")) }
        let length = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) }
        return try ByteBuffer(length + text)
    }
}

/// A safetensors file in memory, every number of whose header has been checked.
package final class SafetensorsFile: Sendable {
    /// One tensor of the file.
    package struct Entry: Equatable, Sendable {
        /// Its name.
        package let name: String
        /// What its elements are.
        package let type: TensorType
        /// Its extents; [] is a scalar.
        package let shape: [Int]
        /// How many elements it has.
        package let count: Int
        fileprivate let offset: Int
    }

    /// Where the file came from, for error sentences.
    package let path: String
    /// The `__metadata__` of the header.
    package let metadata: [String: String]
    /// The tensors in the order of their bytes.
    package let entries: [Entry]

    private let contents: ByteBuffer
    private let positions: [String: Int]

    /// The format's own cap.
    private static let headerLimit = 100_000_000

    /// Reads and checks the file at `path`.
    ///
    /// Throws ``SNNError/file`` where it cannot be read, ``SNNError/corrupt`` where it is no safetensors file or is
    /// damaged.
    package convenience init(path: String) throws(SNNError) {
        try self.init(contents: try ReadFile.bytes(path), path: path)
    }

    /// Checks a file that is in memory already; throws ``SNNError/corrupt`` with a sentence that names `path`.
    package init(contents: ByteBuffer, path: String) throws(SNNError) {
        func corrupt(_ law: String) -> SNNError { .corrupt("'\(path)' is damaged or no safetensors file: \(law)") }
        let (root, dataStart) = try contents.withBytes { (bytes) throws(SNNError) -> (JSONValue, Int) in
            guard let length = bytes.littleEndian(UInt64.self, at: 0) else {
                throw corrupt("it must have at least 8 bytes, got \(bytes.count)")
            }
            guard length <= min(UInt64(bytes.count - 8), UInt64(Self.headerLimit)) else {
                throw corrupt("the header must fit into \(bytes.count - 8) bytes and 100 MB, got \(length)")
            }
            let raw = bytes[8..<8 + Int(length)]
            guard raw.first == UInt8(ascii: "{"), let text = String(validating: raw, as: UTF8.self) else {
                throw corrupt("the header must be JSON text")
            }
            do throws(SNNError) {
                return (try JSONValue(parsing: text), 8 + Int(length))
            } catch {
                throw corrupt("the header must be JSON: \(error.message)")
            }
        }
        do throws(SNNError) {
            let header = try JSONField(root, path: "header").object()
            var metadata: [String: String] = [:]
            var entries: [Entry] = []
            var ends: [Int] = []
            for (name, field) in header {
                if name == "__metadata__" {
                    for (key, value) in try field.object() { metadata[key] = try value.string() }
                } else {
                    let (entry, end) = try Self.entry(name, field)
                    entries.append(entry)
                    ends.append(end)
                }
            }
            // Sorted by place, the extents must touch: no gap where something could hide, no overlap.
            let order = entries.indices.sorted { (entries[$0].offset, ends[$0]) < (entries[$1].offset, ends[$1]) }
            var expected = 0
            for index in order {
                guard entries[index].offset == expected else {
                    throw corrupt(
                        "tensor '\(entries[index].name)' must start at \(expected), got \(entries[index].offset)"
                    )
                }
                expected = ends[index]
            }
            guard expected == contents.count - dataStart else {
                throw corrupt(
                    "the tensors must fill the \(contents.count - dataStart) bytes after the header, got \(expected)"
                )
            }
            self.entries = order.map { index in
                let entry = entries[index]
                return Entry(
                    name: entry.name,
                    type: entry.type,
                    shape: entry.shape,
                    count: entry.count,
                    offset: dataStart + entry.offset
                )
            }
            self.metadata = metadata
        } catch {
            if case .corrupt = error { throw error }
            throw corrupt(error.message)
        }
        self.path = path
        self.contents = contents
        positions = Dictionary(
            self.entries.enumerated().map { ($1.name, $0) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    private static func entry(_ name: String, _ field: JSONField) throws(SNNError) -> (Entry, end: Int) {
        try field.check(keys: ["dtype", "shape", "data_offsets"])
        let word = try field["dtype"].string()
        guard let type = TensorType(rawValue: word) else {
            throw .unknown("dtype of tensor '\(name)':", word, known: TensorType.allCases.map(\.rawValue))
        }
        var shape: [Int] = []
        for extent in try field["shape"].array() { shape.append(try extent.integer()) }
        let offsets = try field["data_offsets"].array()
        guard offsets.count == 2 else { throw field["data_offsets"].error("must be two numbers") }
        let start = try offsets[0].integer()
        let end = try offsets[1].integer()
        guard let count = checkedProduct(shape), let bytes = checkedProduct([count, type.size]),
            start >= 0, end >= start, end - start == bytes
        else {
            throw .shape("tensor '\(name)' of shape \(shape) and type \(word) must not lie in bytes \(start)..<\(end)")
        }
        return (Entry(name: name, type: type, shape: shape, count: count, offset: start), end)
    }

    /// The tensor called `name`, or nil.
    package func entry(_ name: String) -> Entry? { positions[name].map { entries[$0] } }

    /// Runs `body` on the bytes of tensor `name`, which need not be aligned.
    ///
    /// Throws ``SNNError/corrupt`` where there is no such tensor, or what `body` throws.
    package func withBytes<Result>(
        of name: String,
        _ body: (Entry, UnsafeRawBufferPointer) throws(SNNError) -> Result
    ) throws(SNNError) -> Result {
        guard let entry = entry(name) else { throw .corrupt("'\(path)' has no tensor '\(name)'") }
        return try contents.withBytes { (bytes) throws(SNNError) -> Result in
            guard let slice = bytes.slice(at: entry.offset, length: entry.count * entry.type.size) else {
                throw .corrupt("'\(path)' has no bytes for tensor '\(name)'")
            }
            return try body(entry, slice)
        }
    }

    /// Copies float32 tensor `name` to `target`, whose element count must be the tensor's.
    ///
    /// `shape`, where given, must be the tensor's too. Throws ``SNNError/corrupt`` for a missing tensor or another
    /// type, ``SNNError/shape`` for other sizes.
    package func copyFloats(
        _ name: String,
        shape: [Int]? = nil,
        to target: UnsafeMutableBufferPointer<Float>
    ) throws(SNNError) {
        try withBytes(of: name) { (entry, bytes) throws(SNNError) in
            guard entry.type == .f32 else {
                throw .corrupt("tensor '\(name)' of '\(path)' must be F32, got \(entry.type.rawValue)")
            }
            guard entry.count == target.count, shape == nil || shape == entry.shape else {
                let wanted = shape.map { "\($0)" } ?? "\(target.count) values"
                throw .shape("tensor '\(name)' of '\(path)' must have shape \(wanted), got \(entry.shape)")
            }
            UnsafeMutableRawBufferPointer(target).copyMemory(from: bytes)
        }
    }

    /// Float32 tensor `name` as an array; errors as ``copyFloats(_:shape:to:)``.
    package func floats(_ name: String) throws(SNNError) -> [Float] { try elements(name, .f32) }

    /// Float64 tensor `name` as an array; errors as ``copyFloats(_:shape:to:)``.
    package func doubles(_ name: String) throws(SNNError) -> [Double] { try elements(name, .f64) }

    /// Int64 tensor `name` as an array; errors as ``copyFloats(_:shape:to:)``.
    package func integers(_ name: String) throws(SNNError) -> [Int64] { try elements(name, .i64) }

    private func elements<Element: BitwiseCopyable>(_ name: String, _ type: TensorType) throws(SNNError) -> [Element] {
        try withBytes(of: name) { (entry, bytes) throws(SNNError) -> [Element] in
            guard entry.type == type else {
                throw .corrupt("tensor '\(name)' of '\(path)' must be \(type.rawValue), got \(entry.type.rawValue)")
            }
            return (0..<entry.count).map {
                bytes.loadUnaligned(fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self)
            }
        }
    }
}
