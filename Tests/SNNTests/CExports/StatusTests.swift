import CSNN
import SNNKernel
import Testing

@testable import SNN

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite("statuses and checks at the border")
struct StatusTests {
    private var lastError: String { LastError.text.map { String(cString: $0) } ?? "nil" }

    @Test("each error has the number that the header pins, and its name")
    func numbers() {
        let statuses: [(SNNError, snn_status, Int32, String)] = [
            (.argument(""), SNN_E_ARGUMENT, -1, "SNN_E_ARGUMENT"), (.shape(""), SNN_E_SHAPE, -2, "SNN_E_SHAPE"),
            (.unknownName(""), SNN_E_UNKNOWN_NAME, -3, "SNN_E_UNKNOWN_NAME"),
            (.parameter(""), SNN_E_PARAMETER, -4, "SNN_E_PARAMETER"),
            (.document(""), SNN_E_DOCUMENT, -5, "SNN_E_DOCUMENT"), (.file(""), SNN_E_FILE, -6, "SNN_E_FILE"),
            (.corrupt(""), SNN_E_CORRUPT, -7, "SNN_E_CORRUPT"),
            (.dataMissing(""), SNN_E_DATA_MISSING, -8, "SNN_E_DATA_MISSING"),
            (.state(""), SNN_E_STATE, -9, "SNN_E_STATE"),
            (.notSupported(""), SNN_E_NOT_SUPPORTED, -10, "SNN_E_NOT_SUPPORTED"),
            (.notFinite(""), SNN_E_NOT_FINITE, -11, "SNN_E_NOT_FINITE"),
            (.memory(""), SNN_E_MEMORY, -12, "SNN_E_MEMORY"),
            (.processor(""), SNN_E_PROCESSOR, -13, "SNN_E_PROCESSOR"),
            (.cancelled(""), SNN_E_CANCELLED, -14, "SNN_E_CANCELLED"),
            (.plugin(""), SNN_E_PLUGIN, -15, "SNN_E_PLUGIN"),
        ]
        for (error, status, number, name) in statuses {
            #expect(error.status == status)
            #expect(status == number)
            #expect(snn_status_string(status).map { String(cString: $0) } == name)
        }
        #expect(SNN_OK == 0)
        for unknown: snn_status in [1, -16, .max, .min] {
            #expect(snn_status_string(unknown).map { String(cString: $0) } == "unknown status")
        }
    }

    @Test("a Swift error becomes a status and a sentence; success leaves the sentence")
    func guarding() {
        #expect(guarded { () throws(SNNError) in throw .shape("the law, got 3") } == SNN_E_SHAPE)
        #expect(lastError == "the law, got 3")
        #expect(guarded { () throws(SNNError) in } == SNN_OK)
        #expect(lastError == "the law, got 3")
        #expect(guarded { () throws(SNNError) in throw .file("Größe") } == SNN_E_FILE)
        #expect(lastError == "Größe")
    }

    @Test("each thread has its own sentence, empty at first")
    func threads() async {
        LastError.set("mine")
        // A thread of its own: one of the pool's may have failed before.
        let box = Box()
        var thread = pthread_t()
        let started = pthread_create(
            &thread,
            nil,
            { context in
                guard let context = context as UnsafeMutableRawPointer? else { return nil }
                let box = Unmanaged<Box>.fromOpaque(context).takeUnretainedValue()
                box.texts.append(LastError.text.map { String(cString: $0) } ?? "nil")
                LastError.set("theirs")
                box.texts.append(LastError.text.map { String(cString: $0) } ?? "nil")
                return nil
            },
            Unmanaged.passUnretained(box).toOpaque()
        )
        #expect(started == 0)
        pthread_join(thread, nil)
        #expect(box.texts == ["", "theirs"])
        #expect(lastError == "mine")
    }

    private final class Box: @unchecked Sendable { var texts: [String] = [] }

    @Test("a sentence of any length keeps its beginning and its end")
    func longSentences() {
        LastError.set(String(repeating: "é", count: 500))
        #expect(lastError == String(repeating: "é", count: 500))
        LastError.set("begin " + String(repeating: "x", count: 100_000) + " end")
        #expect(lastError.utf8.count <= 1000)
        #expect(lastError.hasPrefix("begin xxx") && lastError.hasSuffix("xxx end"))
        LastError.set("")
        #expect(lastError == "")
    }

    @Test("null pointers, texts that are no UTF-8 and counts out of range are refused by the argument's name")
    func border() throws {
        let null: UnsafePointer<CChar>? = nil
        #expect(failure { try Boundary.present(null, "name") } == .argument("name must not be NULL"))
        #expect(failure { try Boundary.string(nil, "path") } == .argument("path must not be NULL"))
        #expect(failure { try Boundary.document(nil, "json") } == .argument("json must not be NULL"))
        let latin1: [CChar] = [CChar(bitPattern: 0xE9), 0]
        #expect(failure { try Boundary.string(latin1, "path") } == .argument("path must be UTF-8"))
        #expect(failure { try Boundary.document(latin1, "json") } == .document("json must be UTF-8"))
        #expect(failure { try Boundary.json(latin1, "json") } == .document("json must be UTF-8"))
        #expect(try Boundary.string("é", "path") == "é")
        #expect(!(try Boundary.json(nil, "json").isPresent))
        #expect(try Boundary.json("{\"a\":1}", "json")["a"].integer() == 1)
        #expect(failure { try Boundary.json("{", "json") } != nil)
        #expect(try Boundary.count(1, "batch") == 1)
        #expect(failure { try Boundary.count(0, "batch") } == .argument("batch must be >= 1, got 0"))
        // SIZE_MAX arrives as -1.
        #expect(
            failure { try Boundary.count(-1, "batch") } == .argument("batch must be >= 1, got 18446744073709551615")
        )
    }

    @Test("a buffer's size is rows times columns, and the product may not overflow")
    func sizes() throws {
        #expect(throws: Never.self) { try Boundary.check(12, is: 3, by: 4, "inputs") }
        #expect(
            failure { try Boundary.check(11, is: 3, by: 4, "inputs") }
                == .shape("inputs must hold 3 x 4 values, got a count of 11")
        )
        // 2^62 x 4 is 0 modulo 2^64.
        #expect(failure { try Boundary.check(0, is: 1 << 62, by: 4, "inputs") } != nil)
        #expect(
            failure { try Boundary.check(-1, is: 1, by: 1, "inputs") }
                == .shape("inputs must hold 1 x 1 values, got a count of 18446744073709551615")
        )
    }

    @Test("a text is copied whole or not at all, and its length told in every case")
    func copying() throws {
        var needed = 0
        var buffer = [CChar](repeating: 7, count: 5)
        #expect(throws: Never.self) { try Boundary.copy("äöü", to: nil, capacity: 0, needed: &needed) }
        #expect(needed == 7)
        #expect(
            failure { try Boundary.copy("äöü", to: &buffer, capacity: 5, needed: &needed) }
                == .shape("the buffer must hold 7 bytes, got 5")
        )
        #expect(buffer == [7, 7, 7, 7, 7] && needed == 7)
        #expect(
            failure { try Boundary.copy("a", to: nil, capacity: 2, needed: nil) }
                == .argument("buffer must not be NULL")
        )
        #expect(throws: Never.self) { try Boundary.copy("abcd", to: &buffer, capacity: 5, needed: &needed) }
        #expect(needed == 5 && buffer == "abcd\0".utf8.map { CChar($0) })
        #expect(throws: Never.self) { try Boundary.copy("a", to: &buffer, capacity: 5, needed: nil) }
        #expect(buffer.prefix(2) == [97, 0])
        // A capacity beyond Swift's integers is large, not small.
        #expect(throws: Never.self) { try Boundary.copy("b", to: &buffer, capacity: -1, needed: nil) }
        #expect(buffer[0] == 98)
    }

    @Test("strings for C stay where they are")
    func staticStrings() {
        let strings = StaticStrings(["", "lif", "Größe"])
        #expect(strings.pointers.map { String(cString: $0) } == ["", "lif", "Größe"])
        #expect(strings.pointers == strings.pointers)
    }
}
