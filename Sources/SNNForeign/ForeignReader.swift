import CSNN
import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Reads what a plugin hands out, distrusting every pointer and count.
///
/// A pointer to memory that is not there would end the host's process; here it is a refusal.
struct ForeignReader {
    /// What is read, for the sentence.
    let place: String

    /// A refusal that names the place.
    func refusal(_ words: String) -> SNNError { .plugin("\(place): \(words)") }

    /// A structure that says its own size first; what a plugin built against an older header lacks is zero.
    func sized<Structure>(_ pointer: UnsafePointer<Structure>?) throws(SNNError) -> Structure {
        let size = MemoryLayout<Structure>.size
        let said = Int(try value(UnsafeRawPointer(pointer)?.assumingMemoryBound(to: UInt32.self), "struct_size"))
        // Nothing was added so far; a newer plugin has more at the end.
        guard said >= size, said < 65536 else { throw refusal("struct_size must be \(size) ... 65535, got \(said)") }
        return try value(pointer, "the descriptor")
    }

    /// What a pointer points to.
    func value<Element>(_ pointer: UnsafePointer<Element>?, _ name: String) throws(SNNError) -> Element {
        guard let pointer else { throw refusal("\(name) must not be NULL") }
        guard UInt(bitPattern: pointer) % UInt(MemoryLayout<Element>.alignment) == 0,
            Self.isReadable(pointer, bytes: MemoryLayout<Element>.size)
        else { throw refusal("\(name) points to memory that cannot be read") }
        return pointer.pointee
    }

    /// The elements of an array.
    func array<Element, Result>(
        _ pointer: UnsafePointer<Element>?,
        _ count: Int,
        _ name: String,
        most: Int,
        _ read: (Element, String) throws(SNNError) -> Result
    ) throws(SNNError) -> [Result] {
        guard 0...most ~= count else {
            throw refusal("\(name): at most \(most), got a count of \(UInt(bitPattern: count))")
        }
        var result: [Result] = []
        for index in 0..<count {
            let place = "\(name)[\(index)]"
            guard let pointer else { throw refusal("\(name) must not be NULL where there are \(count)") }
            result.append(try read(try value(pointer + index, place), place))
        }
        return result
    }

    /// A text of at most `most` bytes, UTF-8, not empty.
    func text(_ pointer: UnsafePointer<CChar>?, _ name: String, most: Int = 4095) throws(SNNError) -> String {
        guard let pointer else { throw refusal("\(name) must not be NULL") }
        var bytes: [UInt8] = []
        while bytes.count <= most {
            // Readable up to the end of a page is readable at every byte of it.
            let next = pointer + bytes.count
            if bytes.isEmpty || UInt(bitPattern: next) % 4096 == 0 {
                guard Self.isReadable(next, bytes: 1) else {
                    throw refusal("\(name) points to memory that cannot be read")
                }
            }
            if next.pointee == 0 { break }
            bytes.append(UInt8(bitPattern: next.pointee))
        }
        guard bytes.count <= most else { throw refusal("\(name) must be at most \(most) bytes and end with a zero") }
        guard !bytes.isEmpty, let text = String(validating: bytes, as: UTF8.self) else {
            throw refusal("\(name) must be UTF-8 and not empty")
        }
        return text
    }

    /// A name of a state or a parameter.
    func name(_ pointer: UnsafePointer<CChar>?, _ place: String) throws(SNNError) -> String {
        let name = try text(pointer, "\(place).name", most: 63)
        guard ForeignSignature.isName(name) else {
            throw refusal("\(place).name must be a letter followed by letters, digits and underscores, got '\(name)'")
        }
        return name
    }

    /// A function; nil where it is empty.
    func function(
        _ raw: snn_function,
        _ name: String,
        roles: (ForeignSignature, ForeignReader) throws(SNNError) -> [ForeignRole]
    ) throws(SNNError) -> ForeignDescriptor.Function? {
        guard let address = raw.address else {
            guard raw.signature == nil else { throw refusal("\(name) has a signature and no address") }
            return nil
        }
        let reader = ForeignReader(place: "\(place): \(name)")
        guard Self.isReadable(unsafeBitCast(address, to: UnsafeRawPointer.self), bytes: 1) else {
            throw reader.refusal("its address points to memory that cannot be read")
        }
        let text = try reader.text(raw.signature, "its signature", most: 16383)
        let signature: ForeignSignature
        do throws(SNNError) { signature = try ForeignSignature(text) } catch { throw reader.refusal(error.message) }
        return ForeignDescriptor.Function(
            address: address,
            signature: signature,
            roles: try roles(signature, reader)
        )
    }

    /// Whether memory is there: the kernel of the operating system says so instead of a signal.
    static func isReadable(_ pointer: UnsafeRawPointer, bytes: Int) -> Bool {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return false }
        defer {
            close(ends[0])
            close(ends[1])
        }
        // A pipe holds at least a page; descriptors are smaller.
        return write(ends[1], pointer, bytes) == bytes
    }
}
