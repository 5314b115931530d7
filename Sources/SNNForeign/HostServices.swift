import CSNN
import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What a host offers to its plugins: `snn_host` of `snn_plugin.h`.
package enum HostServices {
    /// The table; it lives as long as the process.
    nonisolated(unsafe) static let table: UnsafePointer<snn_host> = {
        let table = UnsafeMutablePointer<snn_host>.allocate(capacity: 1)
        table.initialize(
            to: snn_host(
                struct_size: UInt32(MemoryLayout<snn_host>.size),
                abi: UInt32(SNN_PLUGIN_ABI),
                version: UnsafePointer(strdup("\(SNN_VERSION_MAJOR).\(SNN_VERSION_MINOR).\(SNN_VERSION_PATCH)")),
                allocate: { bytes in
                    var memory: UnsafeMutableRawPointer?
                    return bytes >= 0 && posix_memalign(&memory, 64, max(1, bytes)) == 0 ? memory : nil
                },
                release: { memory in free(memory) },
                random: { seed, stream, first, count, numbers in
                    guard let numbers, count > 0 else { return }
                    let random = RandomStream(seed: seed, purpose: .foreign)
                    for place in 0..<count {
                        let position = first &+ UInt64(place)
                        numbers[place] = random.uniform(
                            index: UInt32(truncatingIfNeeded: position),
                            step: UInt32(truncatingIfNeeded: position >> 32),
                            sample: stream
                        )
                    }
                },
                log: { level, text in
                    guard let text else { return }
                    if level == SNN_LOG_ERROR { return HostServices.keep(text) }
                    guard getenv("SNN_PLUGIN_LOG") != nil else { return }
                    let line = "plugin: \(String(cString: text))\n"
                    _ = write(2, line, line.utf8.count)
                }
            )
        )
        return UnsafePointer(table)
    }()

    /// The reason a plugin gave last on this thread, which is then forgotten; nil where it gave none.
    package static func takeReason() -> String? {
        guard let text = pthread_getspecific(key) else { return nil }
        defer {
            free(text)
            pthread_setspecific(key, nil)
        }
        // Bytes that are no UTF-8 are replaced.
        return String(cString: text.assumingMemoryBound(to: CChar.self))
    }

    private static func keep(_ text: UnsafePointer<CChar>) {
        free(pthread_getspecific(key))
        pthread_setspecific(key, strndup(text, 800))
    }

    private static let key: pthread_key_t = {
        var key = pthread_key_t()
        pthread_key_create(&key) { text in free(text) }
        return key
    }()
}
