// swift-tools-version: 6.2
import PackageDescription

// Every plugin is a folder under plugins/ and one word here. Each word yields a library target (module
// `<word>Plugin`) and its test target; the registry is generated from the dependencies of `SNN`.
let plugins = ["Analog", "Codings", "Equations", "FS", "LIF", "ReLU", "SingleSpike", "TTFS"]

let pluginTargets: [Target] = plugins.flatMap { name -> [Target] in
    [
        .target(
            name: "\(name)Plugin",
            dependencies: ["SNNKernel"],
            path: "plugins/\(name)",
            exclude: ["Tests"]
        ),
        .testTarget(
            name: "\(name)PluginTests",
            dependencies: (Set([name, "Codings", "LIF", "ReLU"])).sorted().map { .target(name: "\($0)Plugin") }
                + ["SNNKernel", "SNNTestKit"],
            path: "plugins/\(name)/Tests"
        ),
    ]
}

let package = Package(
    name: "snn",
    platforms: [.macOS(.v15)],
    products: [
        // For packages of neurons: the kernel, the plugins beside theirs, and the laws they test with.
        .library(name: "SNNKernel", targets: ["SNNKernel"]),
        .library(name: "SNNPlugins", targets: plugins.map { "\($0)Plugin" }),
        .library(name: "SNNTestKit", targets: ["SNNTestKit"]),
        .library(name: "snn", type: .dynamic, targets: ["SNN"]),
        .executable(name: "snn-cli", targets: ["SNNCommand"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        .target(name: "SNNKernel", dependencies: ["CLanes", "CProducts"]),
        // The archive, so that the library needs no libblis where it runs.
        .target(
            name: "CProducts",
            linkerSettings: [
                .linkedLibrary(":libblis.a", .when(platforms: [.linux])),
                .linkedLibrary("blis", .when(platforms: [.macOS])),
            ]
        ),
        .target(
            name: "SNN",
            dependencies: ["SNNKernel", "SNNForeign", "SNNLaws", "CSNN", "CZLib", "CLZMA", "CProcessor", "CMemory"]
                + plugins.map { .target(name: "\($0)Plugin") },
            exclude: ["Data/digits"],
            linkerSettings: [
                .linkedLibrary("z"),
                // The archive, so that the library needs no liblzma where it runs.
                .linkedLibrary(":liblzma.a", .when(platforms: [.linux])),
                .linkedLibrary("lzma", .when(platforms: [.macOS])),
            ],
            plugins: ["RegistryPlugin"]
        ),
        // Neurons in other languages.
        .target(
            name: "SNNForeign",
            dependencies: ["SNNKernel", "CSNN", "CFFI"],
            linkerSettings: [
                // The archive for shared objects, so that the library needs no libffi where it runs.
                .linkedLibrary(":libffi_pic.a", .when(platforms: [.linux])),
                .linkedLibrary("ffi", .when(platforms: [.macOS])),
            ]
        ),
        .executableTarget(
            name: "SNNCommand",
            dependencies: ["SNN", "SNNLaws", .product(name: "ArgumentParser", package: "swift-argument-parser")]
        ),
        .systemLibrary(name: "CSNN", path: "Include"),
        .systemLibrary(name: "CZLib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CLZMA", providers: [.apt(["liblzma-dev"])]),
        .systemLibrary(name: "CFFI", providers: [.apt(["libffi-dev"])]),
        .systemLibrary(name: "CProcessor"),
        .systemLibrary(name: "CMemory"),
        .systemLibrary(name: "CLanes"),
        .executableTarget(name: "RegistryGenerator"),
        .plugin(
            name: "RegistryPlugin",
            capability: .buildTool(),
            dependencies: ["RegistryGenerator"],
            path: "Sources/RegistryPlugin"
        ),
        .target(name: "SNNLaws", dependencies: ["SNNKernel"]),
        .target(name: "SNNTestKit", dependencies: ["SNNKernel", "SNNLaws"], path: "Tests/SNNTestKit"),
        .testTarget(
            name: "SNNKernelTests",
            dependencies: ["SNNKernel", "SNNTestKit"] + plugins.map { .target(name: "\($0)Plugin") }
        ),
        .target(
            name: "CForeignFixtures",
            path: "Tests/CForeignFixtures",
            cSettings: [.headerSearchPath("../../Include")]
        ),
        .testTarget(
            name: "SNNForeignTests",
            dependencies: ["SNNForeign", "SNNKernel", "SNNTestKit", "CForeignFixtures", "CodingsPlugin", "LIFPlugin"]
        ),
        .testTarget(name: "SNNLawsTests", dependencies: ["SNNKernel", "SNNLaws"]),
        .testTarget(
            name: "SNNTests",
            dependencies: ["SNN", "SNNCommand", "SNNTestKit", "SNNKernel"],
            exclude: ["Command/cli.sh"]
        ),
    ] + pluginTargets,
    swiftLanguageModes: [.v6]
)
