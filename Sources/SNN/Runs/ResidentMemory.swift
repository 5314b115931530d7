import CMemory

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The part of this process's memory that is in physical memory.
enum ResidentMemory {
    /// The highest so far, in bytes.
    static var peak: Int {
        // getrusage counts what a parent held before it became this program; the status file does not.
        if let kilobytes = status("VmHWM:") { return kilobytes * 1024 }
        var usage = rusage()
        #if canImport(Darwin)
        getrusage(RUSAGE_SELF, &usage)
        return usage.ru_maxrss
        #else
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return usage.ru_maxrss * 1024
        #endif
    }

    /// Lets the peak start anew, where the system can, and returns what is resident now.
    static func restartPeak() -> Int {
        // What was freed but is still mapped would take in what comes next, and hide it.
        snn_memory_release_freed()
        if let file = fopen("/proc/self/clear_refs", "w") {
            fputs("5", file)
            fclose(file)
        }
        return status("VmRSS:").map { $0 * 1024 } ?? peak
    }

    private static func status(_ name: String) -> Int? {
        guard let file = fopen("/proc/self/status", "r") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            guard text.hasPrefix(name) else { continue }
            return Int(text.dropFirst(name.count).filter(\.isNumber))
        }
        return nil
    }
}
