// swift-format-ignore-file: AllPublicDeclarationsHaveDocumentation

// Documented in Include/snn.h, in the same order.
import CSNN
import SNNForeign
import SNNKernel

@c @implementation
public func snn_plugin_load(_ path: UnsafePointer<CChar>?) -> snn_status {
    guarded { () throws(SNNError) in try Library.load(plugin: try Boundary.string(path, "path")) }
}

@c @implementation
public func snn_plugin_register(_ plugin: UnsafePointer<snn_plugin>?) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        let plugin = try Boundary.present(plugin, "plugin")
        _ = try LoadedPlugins.add(try ForeignPlugin.read(plugin), origin: .descriptor(UInt(bitPattern: plugin)))
    }
}

@c @implementation
public func snn_plugin_define(_ name: UnsafePointer<CChar>?, _ text: UnsafePointer<CChar>?) -> snn_status {
    guarded { () throws(SNNError) in
        try Library.checkProcessor()
        try Library.define(try Boundary.string(name, "name"), as: try Boundary.document(text, "text"))
    }
}

@c @implementation
public func snn_plugin_remove(_ name: UnsafePointer<CChar>?) -> snn_status {
    guarded { () throws(SNNError) in try LoadedPlugins.remove(try Boundary.string(name, "name")) }
}
