import SNNTestKit
import Testing
@Test("x") func x() { probe(false) }
