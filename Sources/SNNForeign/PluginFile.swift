import CSNN
import SNNKernel

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Finds and opens a plugin's shared object.
package enum PluginFile {
    #if canImport(Darwin)
    private static let ending = ".dylib"
    #else
    private static let ending = ".so"
    #endif

    /// How the names of files end that hold a neuron as text.
    package static let textEnding = ".neuron"

    /// Loads a shared object; `address` is where its descriptor lies.
    ///
    /// Errors: ``SNNError/plugin(_:)`` with the reason.
    package static func load(_ path: String) throws(SNNError) -> (plugin: LoadedPlugin, address: UInt) {
        // Never unloaded: functions of it may be in use, and unloading runs its destructors in other people's threads.
        guard let object = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
            throw .plugin("\(path) cannot be loaded: \(String(cString: dlerror()))")
        }
        guard let symbol = dlsym(object, "snn_plugin_entry") else {
            throw .plugin("\(path) is no plugin: it has no function snn_plugin_entry (see snn_plugin.h)")
        }
        typealias Entry = @convention(c) (UInt32, UnsafePointer<snn_host>?) -> UnsafePointer<snn_plugin>?
        let entry = unsafeBitCast(symbol, to: Entry.self)
        _ = HostServices.takeReason()
        guard let plugin = entry(UInt32(SNN_PLUGIN_ABI), HostServices.table) else {
            let reason =
                HostServices.takeReason() ?? "it gives no reason; it may want another ABI number than \(SNN_PLUGIN_ABI)"
            throw .plugin("\(path) refuses to be loaded: \(reason)")
        }
        do throws(SNNError) { return (try ForeignPlugin.read(plugin), UInt(bitPattern: plugin)) } catch {
            throw error.prefixed(by: "\(path): ")
        }
    }

    /// The file that a name stands for.
    ///
    /// Errors: ``SNNError/file(_:)`` that lists where it was looked for.
    package static func find(_ name: String) throws(SNNError) -> String {
        guard !name.isEmpty else { throw .argument("the path of a plugin must not be empty") }
        if name.contains("/") {
            guard isFile(name) else { throw .file("there is no plugin \(name)") }
            return name
        }
        let isWhole = name.hasSuffix(ending) || name.hasSuffix(textEnding)
        if isWhole, isFile(name) { return "./" + name }
        let names = isWhole ? [name] : [name, name + ending, "lib" + name + ending, name + textEnding]
        var tried: [String] = []
        for folder in folders() {
            for file in names {
                let path = folder + "/" + file
                if isFile(path) { return path }
            }
            tried.append(folder)
        }
        throw .file(
            "there is no plugin '\(name)'; looked for \(names.joined(separator: ", ")) in "
                + "\(tried.joined(separator: ", ")); a path with a slash is taken as it is"
        )
    }

    /// Where plugins are looked for, in order.
    private static func folders() -> [String] {
        func variable(_ name: String) -> String? {
            guard let text = getenv(name), text.pointee != 0 else { return nil }
            return String(cString: text)
        }
        var folders = variable("SNN_PLUGIN_PATH")?.split(separator: ":").map(String.init) ?? []
        if let data = variable("XDG_DATA_HOME") ?? variable("HOME").map({ $0 + "/.local/share" }) {
            folders.append(data + "/snn/plugins")
        }
        return folders
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
