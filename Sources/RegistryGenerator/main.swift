// Writes the list of built-in plugins as Swift source. Arguments: output path, then plugin module names.
// A module `XPlugin` holds a type `XPlugin.PluginEntry` that conforms to `SNNKernel.Plugin`.
#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

let arguments = CommandLine.arguments.dropFirst()
guard let output = arguments.first else {
    fputs("usage: RegistryGenerator OUTPUT MODULE...\n", stderr)
    exit(2)
}
let modules = arguments.dropFirst()
var source = "// Generated from the plugin targets named in Package.swift. Do not edit.\nimport SNNKernel\n"
for module in modules { source += "import \(module)\n" }
source += "\n/// The plugins this library was built with, in alphabetical order.\n"
source += "let builtInPlugins: [any Plugin.Type] = [\n"
for module in modules { source += "    \(module).PluginEntry.self,\n" }
source += "]\n"

guard let file = fopen(output, "w") else {
    fputs("RegistryGenerator: cannot write \(output)\n", stderr)
    exit(1)
}
fputs(source, file)
fclose(file)
