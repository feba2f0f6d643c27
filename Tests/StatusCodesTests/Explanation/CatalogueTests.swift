import Foundation
import StatusCodes
import Testing

@Suite struct CatalogueTests {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Sources/StatusCodes/Catalogues")

    /// The texts of a language as a translator edits them, by key.
    private static func texts(_ language: String) throws -> [String: String] {
        var texts: [String: String] = [:]
        for file in ["causes", "codes", "conditions", "replies"] {
            let url = folder.appending(path: "\(language)/\(file).txt")
            for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") where line.first != "#" {
                let parts = line.split(separator: " = ", maxSplits: 1)
                try #require(parts.count == 2, "\(language)/\(file).txt: \(line)")
                #expect(texts.updateValue(String(parts[1]), forKey: String(parts[0])) == nil, "\(parts[0]) twice")
            }
        }
        return texts
    }

    @Test func `six languages are built in`() throws {
        #expect(Set(Catalogue.all.map(\.language)) == ["en", "de", "fr", "es", "ja", "zh-Hans"])
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(Set(folders) == Set(Catalogue.all.map(\.language)))
    }

    @Test(arguments: Catalogue.all.map(\.language))
    func `what is built in is what the files say`(language: String) throws {
        let texts = try Self.texts(language)
        let catalogue = Catalogue.best(for: [language])
        #expect(texts["label.sender"] == catalogue.senderLabel)
        #expect(texts["label.operator"] == catalogue.operatorLabel)
        for fault in Fault.allCases { #expect(texts["fault.\(fault.rawValue).turn"] == catalogue.turn(of: fault)) }
        for statusClass in StatusClass.allCases {
            #expect(texts["class.\(statusClass.rawValue).outlook"] == catalogue.outlook(of: statusClass))
        }
        for cause in Cause.all {
            expect(catalogue.entry(of: cause), "cause.\(cause.name)", texts)
            for (number, step) in catalogue.senderSteps(for: cause).enumerated() {
                #expect(texts["cause.\(cause.name).sender.\(number + 1)"] == step)
            }
            for (number, step) in catalogue.operatorSteps(for: cause).enumerated() {
                #expect(texts["cause.\(cause.name).operator.\(number + 1)"] == step)
            }
        }
        for condition in Condition.all {
            expect(catalogue.entry(of: condition), "condition.\(condition.id)", texts)
        }
        for code in Set(ReplyMeaning.all.filter(\.isStandard).compactMap { ReplyCode($0.number) }) {
            expect(try #require(catalogue.entry(of: code)), "number.\(code)", texts)
        }
        for (notice, name) in zip(Catalogue.Notice.allCases, ["complaint", "auto-reply", "receipt"]) {
            expect(catalogue.entry(of: notice), "mail.\(name)", texts)
        }
        #expect(texts.keys.count { $0.hasPrefix("mail.") } == 2 * Catalogue.Notice.allCases.count)
        for key in texts.keys where key.hasPrefix("code.") && key.hasSuffix(".title") {
            let code = try #require(EnhancedStatusCode(String(key.dropFirst(5).dropLast(6))))
            expect(try #require(catalogue.entry(of: code)), "code.\(code)", texts)
            #expect(Catalogue.codes.contains(code))
        }
        #expect(Catalogue.codes.count == texts.keys.count { $0.hasPrefix("code.") && $0.hasSuffix(".title") })
        for code in Set(ReplyMeaning.all.filter { !$0.isStandard }.map(\.number)) {
            for (number, entry) in catalogue.entries(ofNumber: code).enumerated() {
                expect(entry, "reply.\(code)" + (number > 0 ? "-\(number + 1)" : ""), texts)
            }
        }
    }

    private func expect(_ entry: Catalogue.Entry, _ key: String, _ texts: [String: String]) {
        #expect(texts["\(key).title"] == entry.title)
        #expect(texts["\(key).what"] == entry.what)
    }

    @Test(arguments: Catalogue.all.map(\.language))
    func `nothing is missing, said twice of different things, or left in English`(language: String) throws {
        let texts = try Self.texts(language)
        let english = try Self.texts("en")
        #expect(Set(texts.keys) == Set(english.keys))
        for kind in ["cause", "code", "condition", "reply", "mail", "number"] {
            for part in ["title", "what"] {
                let said = texts.filter { $0.key.hasPrefix("\(kind).") && $0.key.hasSuffix(".\(part)") }
                let repeated = Dictionary(grouping: said.keys) { said[$0] ?? "" }.filter { $0.value.count > 1 }
                #expect(repeated.isEmpty, "\(repeated)")
            }
        }
        guard language != "en" else { return }
        let untranslated = texts.filter { english[$0.key] == $0.value && $0.value.split(separator: " ").count > 3 }
        #expect(untranslated.isEmpty, "\(untranslated.keys.sorted())")
    }

    @Test func `every code of the registry, of the conditions and of the field has a text`() {
        for entry in RegisteredStatus.all {
            for statusClass in StatusClass.allCases where entry.classes.contains(statusClass) {
                #expect(Catalogue.en.entry(of: EnhancedStatusCode(statusClass, entry.status)) != nil, "\(entry.status)")
            }
        }
        for condition in Condition.all {
            if let status = condition.status { #expect(Catalogue.en.entry(of: status) != nil, "\(condition)") }
        }
        let common = """
            4.1.1 4.1.2 4.4.8 4.5.1 4.5.4 4.7.1 4.7.4 4.7.8 4.7.10 4.7.23 4.7.25 4.7.26 4.7.27 4.7.29 4.7.30 5.2.2 5.3.1 \
            5.4.1 5.4.2 5.4.3 5.4.5 5.4.6 5.4.8 5.6.10
            """
        for code in common.split(separator: " ") {
            #expect(EnhancedStatusCode(String(code)).flatMap { Catalogue.en.entry(of: $0) } != nil, "\(code)")
        }
        #expect(Catalogue.en.entry(of: EnhancedStatusCode(.permanentFailure, 7, 509)) == nil)
        #expect(Catalogue.codes == Catalogue.codes.sorted() && Set(Catalogue.codes).count == Catalogue.codes.count)
    }

    @Test(arguments: [
        (["de-AT"], "de"), (["de_AT.UTF-8"], "de"), (["fr"], "fr"), (["ES-419", "de"], "es"), (["ja_JP.eucJP@x"], "ja"),
        (["zh"], "zh-Hans"), (["zh-CN"], "zh-Hans"), (["zh-Hans-SG"], "zh-Hans"), (["zh-Hant-TW"], "en"),
        (["zh-TW"], "en"),
        (["nl", "fr-CH"], "fr"), (["C"], "en"), (["POSIX", "de"], "de"), ([""], "en"), ([], "en"),
        (["de-x-private"], "de"),
        (["*"], "en"), (["-", "---"], "en"),
    ])
    func `the language that suits best is found by shortening what was asked for`(ranges: [String], language: String) {
        #expect(Catalogue.best(for: ranges).language == language)
    }
}
