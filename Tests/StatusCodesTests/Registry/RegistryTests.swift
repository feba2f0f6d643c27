import StatusCodes
import Testing

/// The compiled tables against the data files, row by row.
@Suite struct RegistryTests {
    @Test func `every condition of the file is compiled as it stands`() throws {
        let rows = try RegistryFile("conditions").rows
        #expect(rows.count == 275)
        #expect(Condition.all.count == rows.count)
        for (row, condition) in zip(rows, Condition.all) {
            #expect(condition.id == row["condition_id"])
            #expect(condition.status?.description ?? "" == row["code"])
            #expect(condition.replyCode.description == row["basic_reply"])
            #expect(condition.place.rawValue == row["where"])
            #expect(condition.text == row["text"])
            #expect(condition.isDefaultOn == (row["default_on"] == "yes"))
            let stages = row["stage"] == "any" ? StageSet.any : stageSet(row["stage"] ?? "")
            #expect(condition.stages == stages)
            let roles = (row["roles"] ?? "").split(separator: " ").map { $0.replacing("(off)", with: "") }
            #expect(
                condition.roles
                    == (roles == ["all"]
                        ? .all : RoleSet(roles.compactMap { Role(rawValue: String($0)) }.map { RoleSet($0) }))
            )
            #expect(condition.rolesWhenSwitchedOn.isEmpty == !(row["roles"] ?? "").contains("(off)"))
        }
    }

    private func stageSet(_ text: String) -> StageSet {
        StageSet(text.split(separator: " ").compactMap { Stage(rawValue: String($0)) }.map { StageSet($0) })
    }

    @Test func `every condition is found by its id, and nothing else is`() {
        for condition in Condition.all { #expect(Condition(id: condition.id) == condition) }
        #expect(Set(Condition.all.map(\.id)).count == 275)
        #expect(Condition(id: "5.1.1") == nil)
        #expect(Condition(id: "") == nil)
        #expect(Condition(id: "5.7.1-relay-denied") == .relayDenied)
    }

    @Test func `we say 521 in greetings of mx alone, never on submission (RFC 6409 §7)`() {
        let ours = Condition.all.filter { $0.replyCode.rawValue == 521 && $0.place == .serverSession }
        #expect(ours == [.hostNeverAccepts])
        #expect(ours.allSatisfy { $0.roles == .mx && $0.stages == StageSet(.greeting) })
    }

    @Test func `a condition's digit and class agree, and its text fits a reply`() {
        for condition in Condition.all {
            if let status = condition.status {
                #expect(status.statusClass == condition.replyCode.statusClass, "\(condition.id)")
            }
            #expect((1...120).contains(condition.text.utf8.count))
            #expect(condition.text.utf8.allSatisfy { (0x20...0x7E).contains($0) })
        }
    }

    @Test func `refusals share their text only where they say the same thing`() {
        var seen: [String: [String]] = [:]
        for condition in Condition.all where condition.replyCode.severity != .positiveCompletion {
            seen[condition.text, default: []].append(condition.id)
        }
        let shared = seen.values.filter { $0.count > 1 }.map { $0.sorted() }.sorted { $0[0] < $1[0] }
        #expect(
            shared == [
                ["5.3.4-too-big-data", "5.3.4-too-big-size"],
                ["5.5.0-burl-no-recipients", "5.5.1-lmtp-no-valid-rcpt", "5.5.1-no-valid-rcpt"],
                ["5.7.1-not-local-try-elsewhere", "5.7.1-vrfy-try-elsewhere"],
            ]
        )
    }

    @Test func `every class and subject of the file is compiled as it stands`() throws {
        let rows = try RegistryFile("enhanced-status-classes-subjects").rows
        let classes = rows.filter { $0["kind"] == "class" }
        #expect(classes.map { $0["digit"] } == StatusClass.allCases.map { String($0.rawValue) })
        #expect(classes.map { $0["title"] } == StatusClass.allCases.map(\.title))
        #expect(classes.map { $0["meaning"] } == StatusClass.allCases.map(\.meaning))
        let subjects = rows.filter { $0["kind"] == "subject" }
        #expect(subjects.map { $0["digit"] } == RegisteredSubject.all.map { String($0.subject.rawValue) })
        #expect(subjects.map { $0["title"] } == RegisteredSubject.all.map(\.title))
        #expect(subjects.map { $0["meaning"] } == RegisteredSubject.all.map(\.meaning))
    }

    @Test func `every enumerated status of the file is compiled as it stands`() throws {
        let rows = try RegistryFile("enhanced-status-codes").rows
        #expect(rows.count == 81)
        #expect(RegisteredStatus.all.count == rows.count)
        for (row, entry) in zip(rows, RegisteredStatus.all) {
            #expect(entry.status.description == row["code"])
            #expect(entry.title == row["title"])
            let classes = (row["classes"] ?? "").split(separator: ",").compactMap {
                UInt8($0).flatMap(StatusClass.init)
            }
            #expect(StatusClass.allCases.filter(entry.classes.contains) == classes)
            #expect(entry.classesAreStated == (row["classes_basis"] == "stated"))
            #expect(entry.basicCodes == row["basic_codes"])
            let codes = (row["basic_codes"] ?? "").split(separator: ";").compactMap {
                UInt16($0).flatMap(ReplyCode.init)
            }
            #expect(entry.replyCodes == codes)
            #expect(entry.reference == row["reference"])
            #expect(entry.submitter == row["submitter_or_changed_by"])
            #expect(entry.notes == row["notes"])
            #expect(entry.status.registration == entry)
        }
        #expect(Set(RegisteredStatus.all.map(\.status)).count == 81)
        #expect(EnumeratedStatus(9, 9).registration == nil)
    }

    @Test func `120 pairs of class and status are registered`() {
        let pairs = RegisteredStatus.all.map { entry in StatusClass.allCases.filter(entry.classes.contains).count }
        #expect(pairs.reduce(0, +) == 120)
    }

    @Test func `every meaning of a reply code is compiled as it stands`() throws {
        let rows = try RegistryFile("reply-codes").rows
        #expect(rows.count == 116)
        #expect(ReplyMeaning.all.count == rows.count)
        for (row, entry) in zip(rows, ReplyMeaning.all) {
            #expect(String(entry.number) == row["code"])
            #expect(entry.meaning == row["meaning"])
            #expect(entry.isStandard == (row["standard"] == "yes"))
            #expect(entry.reference == row["reference"])
            #expect(entry.status?.description ?? "" == row["emit_enhanced"])
            #expect(entry.context == row["context"])
        }
    }

    @Test func `standard meanings of a reply code come first`() throws {
        let meanings = try #require(ReplyCode(550)).meanings
        #expect(meanings.map(\.isStandard) == [true, true, true, false])
        #expect(try #require(ReplyCode(599)).meanings.isEmpty)
    }

    /// The class digit is enforced; a pairing that the registry does not list is listed here, not refused.
    @Test func `pairings of reply and status beyond the registry are the known ones`() {
        var unlisted: [String] = []
        for condition in Condition.all {
            guard let status = condition.status, let entry = status.status.registration else { continue }
            guard !entry.replyCodes.isEmpty, !entry.replyCodes.contains(condition.replyCode) else { continue }
            unlisted.append("\(condition.replyCode) \(status)")
        }
        #expect(
            Set(unlisted).sorted() == [
                "251 2.1.5", "421 4.3.2", "421 4.5.1", "421 4.7.0", "421 4.7.26", "450 4.1.1", "450 4.7.1",
                "450 4.7.25", "451 4.6.6", "452 4.2.2", "452 4.5.3", "452 4.7.1", "452 4.7.16", "454 4.5.6",
                "454 4.7.10", "454 4.7.4", "454 4.7.8", "455 4.5.4", "502 5.5.1", "550 5.2.4", "550 5.4.1",
                "550 5.4.2", "550 5.4.5", "550 5.5.3", "550 5.7.10", "552 5.3.1", "552 5.5.3", "554 5.1.8",
                "554 5.6.4", "554 5.6.9", "554 5.7.0", "554 5.7.1",
            ]
        )
    }

    @Test func `conditions name no unregistered status but the two that peers send`() {
        let unregistered = Condition.all.filter { condition in
            condition.status.map { $0.status.registration == nil } ?? false
        }
        #expect(unregistered.map(\.id) == ["4.4.8-retry-on-ipv4", "5.4.8-exchange-recipient-policy"])
    }

    @Test func `every cause of the file is compiled as it stands`() throws {
        let rows = try RegistryFile("causes").rows
        #expect(Cause.all.count == rows.count)
        for (row, cause) in zip(rows, Cause.all) {
            #expect(cause.name == row["name"])
            #expect(Cause(name: cause.name) == cause)
            #expect(cause.fault.rawValue == row["fault"])
            #expect(cause.status.description == row["status"])
            #expect(cause.hardness.rawValue == row["hardness"])
            #expect(cause.scope.rawValue == row["scope"])
            #expect(cause.affected.rawValue == row["affected"])
            #expect(spelled(cause.actions(for: .persistentTransientFailure)) == row["on_transient"])
            #expect(spelled(cause.actions(for: .permanentFailure)) == row["on_permanent"])
            #expect(cause.alert == (row["alert"] == "yes"))
        }
        #expect(Cause(name: "no-such-cause") == nil)
    }

    private func spelled(_ actions: RemedialActions) -> String {
        actions.map { action in
            if case .retry(let curve) = action { return "retry:\(curve.rawValue)" }
            return action.name
        }.joined(separator: " ")
    }

    @Test func `only causes that are the recipient's own suppress`() {
        for cause in Cause.all where cause.suppression != .none { #expect(cause.fault == .recipient, "\(cause)") }
    }

    @Test func `the hard causes are exactly those of the ruling`() {
        #expect(Set(Cause.all.filter { $0.hardness == .hard }) == [.userUnknown, .domainUnknown, .moved])
        #expect(Set(Cause.all.filter { $0.hardness == .hardWhenPermanent }) == [.neverAccepts, .addressSyntax])
    }

    @Test func `a cause's own status is a registered one`() {
        for cause in Cause.all {
            #expect(cause.status.status.registration != nil || cause == .retryOnIpv4, "\(cause)")
        }
    }

    @Test func `a Sisimai reason may depend on the stage`() {
        #expect(Cause.userUnknown.sisimaiReason(at: .rcpt) == "userunknown")
        #expect(Cause.policyRefused.sisimaiReason(at: .rcpt) == "filtered")
        #expect(Cause.policyRefused.sisimaiReason(at: .dot) == "policyviolation")
        for cause in Cause.all { #expect(!cause.sisimaiReason(at: .command).isEmpty) }
    }

    @Test func `every rule of the file is compiled in its order with its reason`() throws {
        let rows = try RegistryFile("decisions").rows
        #expect(DecisionRule.all.count == rows.count)
        for (row, rule) in zip(rows, DecisionRule.all) {
            #expect(rule.name == row["rule"])
            #expect(rule.basis == row["basis"])
            #expect(rule.asOf == row["as_of"])
            #expect(!rule.basis.isEmpty)
            #expect((row["provider"] ?? "").isEmpty || !rule.asOf.isEmpty, "\(rule): an override is dated")
        }
    }
}
