import SNNKernel

/// The error that `body` throws; nil where it throws none.
func failure(_ body: () throws -> some Any) -> SNNError? {
    do {
        _ = try body()
        return nil
    } catch { return error as? SNNError }
}
