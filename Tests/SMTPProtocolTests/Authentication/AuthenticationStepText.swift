import SMTPProtocol
import StatusCodes

extension AuthenticationStep {
    /// The step as a test writes it.
    var text: String {
        switch self {
        case .challenge(let bytes): "challenge \(String(decoding: bytes, as: UTF8.self))"
        case .ask(.password(let question)):
            "password \(question.identity)/\(question.authorization)/\(String(decoding: question.password, as: UTF8.self))"
        case .ask(.scramVerifier(let identity)): "verifier \(identity)"
        case .ask(.scramProof(let identity, let isRight)): "proof \(identity) \(isRight)"
        case .succeeded(let account): "succeeded \(account)"
        case .failed(let refusal): "failed \(refusal.condition.id)"
        }
    }
}

extension ClientAuthenticationStep {
    /// The step as a test writes it.
    var text: String {
        switch self {
        case .respond(let bytes): "respond \(String(decoding: bytes, as: UTF8.self))"
        case .derive(let derivation): "derive \(derivation.iterations)"
        case .abort(let error): "abort \(error)"
        }
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

let invalid = "failed 5.7.8-credentials-invalid"
let outOfOrder = "failed 4.7.0-auth-backend-down"
