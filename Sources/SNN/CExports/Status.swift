import CSNN
import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension SNNError {
    /// The number of `snn.h`; never changes.
    var status: snn_status {
        switch self {
        case .argument: SNN_E_ARGUMENT
        case .shape: SNN_E_SHAPE
        case .unknownName: SNN_E_UNKNOWN_NAME
        case .parameter: SNN_E_PARAMETER
        case .document: SNN_E_DOCUMENT
        case .file: SNN_E_FILE
        case .corrupt: SNN_E_CORRUPT
        case .dataMissing: SNN_E_DATA_MISSING
        case .state: SNN_E_STATE
        case .notSupported: SNN_E_NOT_SUPPORTED
        case .notFinite: SNN_E_NOT_FINITE
        case .memory: SNN_E_MEMORY
        case .processor: SNN_E_PROCESSOR
        case .cancelled: SNN_E_CANCELLED
        case .plugin: SNN_E_PLUGIN
        }
    }
}

/// Runs the body of an export: no Swift error crosses the border, it becomes a status and a sentence.
func guarded(_ body: () throws(SNNError) -> Void) -> snn_status {
    do throws(SNNError) {
        try body()
        return SNN_OK
    } catch {
        LastError.set(error.message)
        return error.status
    }
}

/// The sentence of the newest failing call of each thread.
enum LastError {
    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { text in free(text) }
        return key
    }()
    private static let empty = StaticStrings([""])

    static func set(_ message: String) {
        // A path of thousands of bytes would bury the law it broke.
        let sentence = message.utf8.count <= 1000 ? message : message.prefix(600) + " ... " + message.suffix(300)
        free(pthread_getspecific(key))
        pthread_setspecific(key, strdup(sentence))
    }

    static var text: UnsafePointer<CChar>? {
        if let text = pthread_getspecific(key) {
            return UnsafePointer(text.assumingMemoryBound(to: CChar.self))
        }
        return empty.pointers[0]
    }
}

/// Checks on what a C caller hands in.
///
/// Each throws an error that names the argument.
enum Boundary {
    /// A pointer that must not be null.
    static func present<Pointer>(_ pointer: Pointer?, _ name: String) throws(SNNError) -> Pointer {
        guard let pointer else { throw .argument("\(name) must not be NULL") }
        return pointer
    }

    /// A string that must not be null and must be UTF-8.
    static func string(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(SNNError) -> String {
        guard let text = String(validatingCString: try present(pointer, name)) else {
            throw .argument("\(name) must be UTF-8")
        }
        return text
    }

    /// The text of a JSON document.
    static func document(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(SNNError) -> String {
        guard let text = String(validatingCString: try present(pointer, name)) else {
            throw .document("\(name) must be UTF-8")
        }
        return text
    }

    /// A JSON document; null is an absent one.
    static func json(_ pointer: UnsafePointer<CChar>?, _ name: String) throws(SNNError) -> JSONField {
        guard pointer != nil else { return JSONField(nil) }
        return JSONField(try JSONValue(parsing: try document(pointer, name)))
    }

    /// A count of at least 1.
    ///
    /// `size_t` beyond the range of Swift's integers arrives as a negative number.
    static func count(_ count: Int, _ name: String) throws(SNNError) -> Int {
        guard count >= 1 else { throw .argument("\(name) must be >= 1, got \(UInt(bitPattern: count))") }
        return count
    }

    /// That a buffer holds `rows` rows of `columns` values.
    static func check(_ count: Int, is rows: Int, by columns: Int, _ name: String) throws(SNNError) {
        let (wanted, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, count == wanted else {
            throw .shape(
                "\(name) must hold \(rows) x \(columns) values, got a count of \(UInt(bitPattern: count))"
            )
        }
    }

    /// Copies a text into a caller's buffer, whole or not at all.
    static func copy(
        _ text: String,
        to buffer: UnsafeMutablePointer<CChar>?,
        capacity: Int,
        needed: UnsafeMutablePointer<Int>?
    ) throws(SNNError) {
        let length = text.utf8.count + 1
        needed?.pointee = length
        if buffer == nil, capacity == 0 { return }
        let buffer = try present(buffer, "buffer")
        guard capacity < 0 || capacity >= length else {
            throw .shape("the buffer must hold \(length) bytes, got \(capacity)")
        }
        for (index, byte) in text.utf8.enumerated() { buffer[index] = CChar(bitPattern: byte) }
        buffer[length - 1] = 0
    }

    /// Copies a struct into that of a caller who may have been built with another version of it, which only differs by
    /// members at the end: no more than `size` bytes are written, and what `bytes` does not have becomes 0.
    ///
    /// `least` is the size of the struct's first version. A size of 64 KiB is no struct but a mistake.
    static func copy(
        _ bytes: UnsafeRawBufferPointer,
        to target: UnsafeMutableRawPointer,
        size: Int,
        least: Int,
        _ name: String
    ) throws(SNNError) {
        guard size >= least, size < 65536 else {
            throw .argument("\(name) must be \(least) ... 65535, got \(UInt(bitPattern: size))")
        }
        let shared = min(size, bytes.count)
        if let base = bytes.baseAddress { target.copyMemory(from: base, byteCount: shared) }
        (target + shared).initializeMemory(as: UInt8.self, repeating: 0, count: size - shared)
    }
}

/// Strings that live as long as the process, for results that a C caller borrows.
final class StaticStrings: @unchecked Sendable {
    let pointers: [UnsafePointer<CChar>]

    init(_ texts: [String]) {
        pointers = texts.compactMap { text in strdup(text).map { UnsafePointer($0) } }
    }

    deinit { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
}
