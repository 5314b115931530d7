// Writes what the library carries as Swift source: the list of plugins, or the text of files.
//
//     RegistryGenerator plugins OUTPUT MODULE...         a module `XPlugin` holds `PluginEntry: Plugin`
//     RegistryGenerator text OUTPUT NAME FILE...         `let NAME: [(name: String, text: String)]`, by file name
//     RegistryGenerator bytes OUTPUT NAME=FILE...        `let NAME: String`, the file in base64
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

func fail(_ message: String) -> Never {
    let line = "RegistryGenerator: \(message)\n"
    _ = write(2, line, line.utf8.count)
    exit(1)
}

func read(_ path: String) -> [UInt8] {
    guard let file = fopen(path, "rb") else { fail("cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
        let count = fread(&chunk, 1, chunk.count, file)
        if count == 0 { return bytes }
        bytes += chunk[..<count]
    }
}

func base64(_ bytes: [UInt8]) -> String {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    var text = ""
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let three = (0..<3).map { start + $0 < bytes.count ? UInt32(bytes[start + $0]) : 0 }
        let bits = three[0] << 16 | three[1] << 8 | three[2]
        for place in 0..<4 {
            text.append(start + place > bytes.count ? "=" : alphabet[Int(bits >> UInt32(18 - 6 * place) & 63)])
        }
    }
    return text
}

/// The file's name without folder and ending.
func stem(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    return name.split(separator: ".").first.map(String.init) ?? name
}

let arguments = Array(CommandLine.arguments.dropFirst())
guard arguments.count >= 2 else { fail("usage: RegistryGenerator plugins|text|bytes OUTPUT ...") }
var source = "// Generated at build time. Do not edit.\n"
switch arguments[0] {
case "plugins":
    source += "import SNNKernel\n"
    for module in arguments[2...] { source += "import \(module)\n" }
    source += "\n/// The plugins this library was built with.\nlet builtInPlugins: [any Plugin.Type] = [\n"
    for module in arguments[2...] { source += "    \(module).PluginEntry.self,\n" }
    source += "]\n"
case "text":
    guard arguments.count >= 3 else { fail("text needs a name") }
    source += "let \(arguments[2]): [(name: String, text: String)] = [\n"
    for path in arguments[3...].sorted() {
        guard let text = String(validating: read(path), as: UTF8.self) else { fail("\(path) is not UTF-8") }
        source += "    (\n        \"\(stem(path))\",\n        ####\"\"\"\n\(text)\n\"\"\"####\n    ),\n"
    }
    source += "]\n"
case "bytes":
    for pair in arguments[2...] {
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { fail("bytes needs NAME=FILE, got \(pair)") }
        source += "let \(parts[0]) = \"\(base64(read(parts[1])))\"\n"
    }
default: fail("unknown command \(arguments[0])")
}

guard let file = fopen(arguments[1], "wb") else { fail("cannot write \(arguments[1])") }
fputs(source, file)
fclose(file)
