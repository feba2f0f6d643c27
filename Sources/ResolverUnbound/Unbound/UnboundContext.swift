import CUnbound
import Delivery
import MailFormat

/// One libunbound context: owns the handle, turns C into values.
///
/// `@safe`: the handle never leaves this type, is valid from `init` to `deinit`, and every call below is one that the
/// library allows on a live context.
@safe struct UnboundContext: ~Copyable {
    private let handle: OpaquePointer

    private init(_ handle: OpaquePointer) { unsafe self.handle = handle }

    /// Makes a context that is ready for questions.
    static func open(_ configuration: ResolverConfiguration) throws(ResolverError) -> UnboundContext {
        guard let handle = unsafe ub_ctx_create() else {
            throw ResolverError(setting: "context", detail: "out of memory or file descriptors")
        }
        let context = unsafe UnboundContext(handle)
        try context.apply(configuration)
        return context
    }

    private borrowing func apply(_ configuration: ResolverConfiguration) throws(ResolverError) {
        // Its own log would go to standard error in its own form; what it has to say comes back in answers.
        try Self.check("log", unsafe ub_ctx_debugout(handle, nil))
        try set("verbosity:", "0")
        // Bounds: what is not in flight here waits in our own queue.
        try set("num-queries-per-thread:", "\(configuration.questionsInFlight * 2)")
        try set("outgoing-range:", "\(configuration.questionsInFlight)")
        try set("msg-cache-size:", "2m")
        try set("rrset-cache-size:", "4m")
        try set("neg-cache-size:", "1m")
        try set("key-cache-size:", "1m")
        try point(at: configuration.source)
        try trust(configuration.trustAnchor)
        // A thread and not a process, so that a fork cannot meet our event loops' locks.
        try Self.check("thread", unsafe ub_ctx_async(handle, 1))
        try openSpecialZones(configuration.source)
    }

    deinit { unsafe ub_ctx_delete(handle) }

    /// Readable when `process` has something to do.
    var descriptor: Int32 { unsafe ub_fd(handle) }

    private borrowing func set(_ option: String, _ value: String) throws(ResolverError) {
        try Self.check(option, unsafe ub_ctx_set_option(handle, option, value))
    }

    private borrowing func point(at source: ResolverConfiguration.Source) throws(ResolverError) {
        switch source {
        case .system:
            try set("do-not-query-localhost:", "no")
            try Self.check("/etc/resolv.conf", unsafe ub_ctx_resolvconf(handle, nil))
        case .forward(let servers):
            try set("do-not-query-localhost:", "no")
            for server in servers {
                try Self.check("\(server)", unsafe ub_ctx_set_fwd(handle, Self.spell(server)))
            }
        case .recursion(let stubs):
            if stubs.contains(where: { $0.server.address.scope == .loopback }) {
                try set("do-not-query-localhost:", "no")
            }
            for stub in stubs {
                try Self.check(stub.zone, unsafe ub_ctx_set_stub(handle, stub.zone, Self.spell(stub.server), 0))
            }
        }
    }

    private borrowing func trust(_ anchor: ResolverConfiguration.TrustAnchor) throws(ResolverError) {
        switch anchor {
        case .none: break
        case .root: try trust(.records(ResolverConfiguration.rootAnchors))
        case .file(let path): try Self.check(path, unsafe ub_ctx_add_ta_file(handle, path))
        case .records(let records):
            for record in records { try Self.check(record, unsafe ub_ctx_add_ta(handle, record)) }
        }
    }

    /// Zones that the library answers itself (RFC 6761, RFC 6303) go to the servers that the operator named; what must
    /// never leave a machine (`localhost`, `invalid`) stays.
    private borrowing func openSpecialZones(_ source: ResolverConfiguration.Source) throws(ResolverError) {
        let zones: [String] =
            switch source {
            case .system: []
            case .forward: Self.specialZones
            case .recursion(let stubs): stubs.map(\.zone) + (stubs.isEmpty ? [] : Self.specialZones)
            }
        for zone in zones { try Self.check(zone, unsafe ub_ctx_zone_remove(handle, zone)) }
        // The first change of a zone is where the library reads its settings, so mistakes show here and not in the
        // first answer; removing what nobody has changes nothing.
        try Self.check("settings", unsafe ub_ctx_zone_remove(handle, "nothing.invalid."))
    }

    private static let specialZones =
        ["test.", "10.in-addr.arpa.", "168.192.in-addr.arpa.", "d.f.ip6.arpa."]
        + (16...31).map { "\($0).172.in-addr.arpa." }

    private static func spell(_ endpoint: IPEndpoint) -> String { "\(endpoint.address)@\(endpoint.port)" }

    private static func check(_ setting: String, _ code: Int32) throws(ResolverError) {
        guard code != UB_NOERROR.rawValue else { return }
        throw ResolverError(setting: setting, detail: explain(code))
    }

    private static func explain(_ code: Int32) -> String {
        // The library returns a static string for every number.
        unsafe ub_strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    }
}

extension UnboundContext {
    /// Begins a question; the callback comes from `process`.
    ///
    /// Nil when the library took it not.
    borrowing func begin(
        _ question: DNSQuestion,
        token: UnsafeMutableRawPointer,
        callback: ub_callback_type
    ) -> Int32? {
        var identifier: Int32 = 0
        let code = unsafe ub_resolve_async(
            handle,
            question.name.description,
            Int32(question.type.rawValue),
            1,
            token,
            callback,
            &identifier
        )
        return code == UB_NOERROR.rawValue ? identifier : nil
    }

    /// Ends a question whose answer has not been processed: its callback never comes.
    borrowing func cancel(_ identifier: Int32) { _ = unsafe ub_cancel(handle, identifier) }

    /// Calls the callbacks of the questions that were answered; false when the library broke.
    borrowing func process() -> Bool { unsafe ub_process(handle) == UB_NOERROR.rawValue }
}
