import SNNKernel

/// One numpy array from a `.npy` file: versions 1 to 3, C order, little-endian.
///
/// Source: numpy, «NEP 1: a simple file format for numpy arrays».
struct NPY {
    /// The element types that are read, by numpy's names.
    enum Element: String, CaseIterable {
        case u1 = "|u1"
        case f4 = "<f4"
        case f8 = "<f8"
        case i4 = "<i4"
        case i8 = "<i8"

        var size: Int {
            switch self {
            case .u1: 1
            case .f4, .i4: 4
            case .f8, .i8: 8
            }
        }
    }

    let element: Element
    let shape: [Int]
    /// The elements, row-major.
    let contents: ByteBuffer
    private let label: String

    /// Reads a file in memory; `label` names it in error sentences.
    ///
    /// Throws ``SNNError/corrupt``, and ``SNNError/notSupported`` for Fortran order, pickled objects and other types.
    init(contents: ByteBuffer, label: String) throws(SNNError) {
        let (descriptor, fortran, shape, start) = try contents.withBytes { (bytes) throws(SNNError) in
            try Self.header(bytes, label)
        }
        if descriptor.contains("O") {
            throw .notSupported("\(label) holds pickled objects ('\(descriptor)'), which are never read")
        }
        guard let element = Element(rawValue: descriptor) else {
            let known = Element.allCases.map(\.rawValue).joined(separator: ", ")
            throw .notSupported("\(label) must have one of the types \(known), got '\(descriptor)'")
        }
        guard !fortran else { throw .notSupported("\(label) must be in C order, got fortran_order True") }
        guard let length = checkedProduct(shape + [element.size]), length == contents.count - start else {
            throw .corrupt(
                "\(label) of shape \(shape) and type \(descriptor) must not have \(contents.count - start) bytes"
            )
        }
        contents.removeFirst(start)
        (self.element, self.shape, self.contents, self.label) = (element, shape, contents, label)
    }

    private static func header(
        _ bytes: UnsafeRawBufferPointer,
        _ label: String
    ) throws(SNNError) -> (descriptor: String, fortran: Bool, shape: [Int], start: Int) {
        guard bytes.bigEndian(UInt64.self, at: 0).map({ $0 >> 16 }) == 0x934E_554D_5059 else {
            throw .corrupt("\(label) must begin as a npy file")
        }
        let version = bytes[6]
        guard 1...3 ~= version else { throw .notSupported("\(label) must have npy version 1, 2 or 3, got \(version)") }
        let lengthSize = version == 1 ? 2 : 4
        let length =
            version == 1
            ? bytes.littleEndian(UInt16.self, at: 8).map { Int($0) }
            : bytes.littleEndian(UInt32.self, at: 8).map { Int($0) }
        guard let length, length <= 1 << 16, let raw = bytes.slice(at: 8 + lengthSize, length: length),
            let text = String(validating: raw, as: UTF8.self)
        else { throw .corrupt("\(label) is truncated: its header does not fit") }
        // The dictionary is Python's, but of one form: quotes, names and brackets suffice to make it JSON.
        guard let descriptor = field("descr", in: text), let order = field("fortran_order", in: text),
            let sizes = field("shape", in: text), order == "True" || order == "False"
        else {
            throw .corrupt("the header of \(label) must name descr, fortran_order and shape, got \(text.prefix(80))")
        }
        var shape: [Int] = []
        for part in sizes.split(separator: ",") {
            let digits = part.drop { $0 == " " }
            if digits.isEmpty { continue }
            guard let size = Int(digits), size >= 0 else {
                throw .corrupt("the shape of \(label) must be sizes, got (\(sizes.prefix(80)))")
            }
            shape.append(size)
        }
        return (descriptor, order == "True", shape, 8 + lengthSize + length)
    }

    /// What follows `'key':` in a Python dictionary: the inside of quotes or brackets, or a bare word.
    private static func field(_ key: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "'\(key)':") else { return nil }
        let rest = text[start.upperBound...].drop { $0 == " " }
        guard let first = rest.first else { return nil }
        switch first {
        case "'": return rest.dropFirst().firstIndex(of: "'").map { String(rest.dropFirst()[..<$0]) }
        case "(": return rest.dropFirst().firstIndex(of: ")").map { String(rest.dropFirst()[..<$0]) }
        case "[": return "O"  // a structured type; none is supported
        default: return String(rest.prefix { $0.isLetter })
        }
    }

    /// The elements as float32, one after the other.
    ///
    /// Throws ``SNNError/memory``.
    func floats() throws(SNNError) -> ByteBuffer {
        if element == .f4 { return contents }
        let count = contents.count / element.size
        let result = try ByteBuffer(count: count * 4)
        let target = result.start.bindMemory(to: Float.self, capacity: count)
        contents.withBytes { bytes in
            for index in 0..<count {
                switch element {
                case .u1: target[index] = Float(bytes[index])
                case .f4: break
                case .f8: target[index] = Float(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Double.self))
                case .i4: target[index] = Float(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
                case .i8: target[index] = Float(bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
                }
            }
        }
        return result
    }

    /// The elements as labels, which must be whole numbers in 0..<limit.
    ///
    /// Throws ``SNNError/notSupported`` for floats, ``SNNError/parameter`` for a label out of range.
    func labels(below limit: Int) throws(SNNError) -> [Int32] {
        guard element != .f4 && element != .f8 else {
            throw .notSupported("\(label) must hold whole numbers (|u1, <i4, <i8), got '\(element.rawValue)'")
        }
        return try contents.withBytes { (bytes) throws(SNNError) -> [Int32] in
            var result: [Int32] = []
            for index in 0..<contents.count / element.size {
                let value: Int64 =
                    switch element {
                    case .u1: Int64(bytes[index])
                    case .i4: Int64(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self))
                    default: bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self)
                    }
                guard 0..<Int64(limit) ~= value else {
                    throw .parameter("a label of \(label) must be in 0..<\(limit), got \(value) at sample \(index)")
                }
                result.append(Int32(value))
            }
            return result
        }
    }
}
