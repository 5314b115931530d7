// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Documented in Include/snn.h, in the same order.
import CSNN
import SNNKernel

private let libraryStrings = StaticStrings([Library.version, Library.buildInfo])
private let statusNames = StaticStrings([
    "SNN_OK", "SNN_E_ARGUMENT", "SNN_E_SHAPE", "SNN_E_UNKNOWN_NAME", "SNN_E_PARAMETER", "SNN_E_DOCUMENT", "SNN_E_FILE",
    "SNN_E_CORRUPT", "SNN_E_DATA_MISSING", "SNN_E_STATE", "SNN_E_NOT_SUPPORTED", "SNN_E_NOT_FINITE", "SNN_E_MEMORY",
    "SNN_E_PROCESSOR", "SNN_E_CANCELLED", "SNN_E_PLUGIN", "unknown status",
])

@c @implementation
public func snn_version() -> UnsafePointer<CChar>? { libraryStrings.pointers[0] }

@c @implementation
public func snn_abi_version() -> Int32 { Int32(SNN_ABI_VERSION) }

@c @implementation
public func snn_build_info() -> UnsafePointer<CChar>? { libraryStrings.pointers[1] }

@c @implementation
public func snn_check_processor() -> Int32 {
    guarded { () throws(SNNError) in try Library.checkProcessor() }
}

@c @implementation
public func snn_status_string(_ status: snn_status) -> UnsafePointer<CChar>? {
    let known = -15...0 ~= status
    return statusNames.pointers[known ? Int(-status) : statusNames.pointers.count - 1]
}

@c @implementation
public func snn_last_error() -> UnsafePointer<CChar>? { LastError.text }

@c @implementation
public func snn_component_count(_ count: UnsafeMutablePointer<Int>?) -> snn_status {
    guarded { () throws(SNNError) in
        try Boundary.present(count, "count").pointee = CatalogueEntry.all.count
    }
}

@c @implementation
public func snn_component(
    _ index: Int,
    _ plugin: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ kind: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ summary: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let texts = try component(index).texts.pointers
        plugin?.pointee = texts[0]
        kind?.pointee = texts[1]
        name?.pointee = texts[2]
        summary?.pointee = texts[3]
    }
}

@c @implementation
public func snn_component_parameter_count(_ index: Int, _ count: UnsafeMutablePointer<Int>?) -> snn_status {
    guarded { () throws(SNNError) in
        let parameters = try component(index).parameterTexts
        try Boundary.present(count, "count").pointee = parameters.count
    }
}

@c @implementation
public func snn_component_parameter(
    _ index: Int,
    _ parameter: Int,
    _ name: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ type: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ unit: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ default_value: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ range: UnsafeMutablePointer<UnsafePointer<CChar>?>?,
    _ meaning: UnsafeMutablePointer<UnsafePointer<CChar>?>?
) -> snn_status {
    guarded { () throws(SNNError) in
        let parameters = try component(index).parameterTexts
        guard parameters.indices ~= parameter else {
            throw .argument(
                "parameter must be below \(parameters.count) for this component, got \(UInt(bitPattern: parameter))"
            )
        }
        let texts = parameters[parameter].pointers
        name?.pointee = texts[0]
        type?.pointee = texts[1]
        unit?.pointee = texts[2]
        default_value?.pointee = texts[3]
        range?.pointee = texts[4]
        meaning?.pointee = texts[5]
    }
}

private func component(_ index: Int) throws(SNNError) -> CatalogueEntry {
    let all = CatalogueEntry.all
    guard all.indices ~= index else {
        throw .argument("index must be below the \(all.count) components, got \(UInt(bitPattern: index))")
    }
    return all[index]
}
