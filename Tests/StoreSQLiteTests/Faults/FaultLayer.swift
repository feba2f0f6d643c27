import CFaultVFS
import Foundation

/// A file layer for one store that fails when it is told to, and knows what was synchronised.
///
/// `@unchecked Sendable`: the layer locks itself. `@safe`: the handle is valid until `deinit`, and every connection on
/// it is closed before, because a test closes its store first.
@safe final class FaultLayer: @unchecked Sendable {
    let name = "fault-\(UUID().uuidString)"
    private let layer: OpaquePointer

    init() {
        guard let layer = unsafe faultvfs_create(name) else { preconditionFailure("no memory") }
        unsafe self.layer = layer
    }

    deinit { unsafe faultvfs_destroy(layer) }

    enum Operation {
        case write, sync, truncate, read

        fileprivate var number: faultvfs_operation {
            switch self {
            case .write: FAULTVFS_WRITE
            case .sync: FAULTVFS_SYNC
            case .truncate: FAULTVFS_TRUNCATE
            case .read: FAULTVFS_READ
            }
        }
    }

    enum Failure {
        case inputOutput, noSpace, torn, readOnly

        fileprivate var number: faultvfs_failure {
            switch self {
            case .inputOutput: FAULTVFS_IO_ERROR
            case .noSpace: FAULTVFS_NO_SPACE
            case .torn: FAULTVFS_TORN
            case .readOnly: FAULTVFS_READ_ONLY
            }
        }
    }

    /// Lets an operation fail: the `after`-th from now, once or from then on.
    func fail(_ operation: Operation, _ failure: Failure, after count: Int = 1, repeatedly: Bool = false) {
        unsafe faultvfs_fail(
            layer,
            operation.number,
            Int32(FAULTVFS_ALL.rawValue),
            Int32(count),
            repeatedly ? 1 : 0,
            failure.number
        )
    }

    func heal() { unsafe faultvfs_heal(layer) }

    func ignoreSyncs() { unsafe faultvfs_ignore_syncs(layer, 1) }

    /// Cuts the power before the `count`-th change from now.
    func cutPower(before count: Int, seed: UInt64) { unsafe faultvfs_cut_power_at(layer, Int32(count), seed) }

    func cutPower(seed: UInt64 = 0) { unsafe faultvfs_cut_power(layer, seed) }

    var isOff: Bool { unsafe faultvfs_is_off(layer) != 0 }

    /// Changes of the log that were not synchronised.
    var unsyncedLog: Int { Int(unsafe faultvfs_unsynced(layer, Int32(FAULTVFS_LOG.rawValue))) }

    /// Writes so far.
    var writes: Int { Int(unsafe faultvfs_count(layer, FAULTVFS_WRITE, Int32(FAULTVFS_ALL.rawValue))) }
}
