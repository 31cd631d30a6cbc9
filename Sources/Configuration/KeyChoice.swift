// Which API key counts: the first that is given of --api-key, --api-key-file, WARP_API_KEY_FILE and WARP_API_KEY.

import Codecs

extension Resolver {
    /// Nil where none is given, or the one that counts is wrong; that is reported then.
    mutating func chooseKey() -> KeySource? {
        if let given = flags.last(.apiKey) {
            note(.apiKey, .flag(given.spelled))
            guard case .text(let key) = given.value else { return nil }
            return .flag(SecretBytes(key))
        }
        if let given = flags.last(.apiKeyFile) {
            note(.apiKeyFile, .flag(given.spelled))
            guard case .text(let path) = given.value else { return nil }
            return checked(path, .flag(given.spelled))
        }
        if let variable = Option.named(.apiKeyFile)?.variable, let path = host(Bytes(text: variable)), !path.isEmpty {
            note(.apiKeyFile, .variable(variable))
            return checked(path, .variable(variable))
        }
        return keyFromEnvironment()
    }

    private mutating func keyFromEnvironment() -> KeySource? {
        let variable = Option.named(.apiKey)?.variable ?? ""
        guard let text = host(Bytes(text: variable)), !text.isBlank else {
            let start = host(Bytes(text: variable)) == nil ? "is missing" : "is missing, and \(variable) is empty"
            let words = "\(start); give --api-key-file PATH, \(variable) in the environment, or --api-key KEY"
            let path = ConfigPath("--api-key")
            diagnosis.error(Problem(kind: .missing(.apiKey), path: path, words: words))
            return nil
        }
        note(.apiKey, .variable(variable))
        do {
            return .environment(SecretBytes(try APIKey.read(text)))
        } catch {
            diagnosis.error(.variable(variable), error.words)
            return nil
        }
    }

    /// The file is read again at every dial. Reading it now tells at once what would fail then.
    private mutating func checked(_ path: Bytes, _ place: Problem.Place) -> KeySource? {
        switch input.readFile(path) {
        case .success(let content):
            do {
                _ = try APIKey.read(content)
            } catch {
                diagnosis.error(place, "\(Words.shown(path)) \(error.words)")
            }
        case .failure(let problem):
            diagnosis.error(place, "\(Words.shown(path)) cannot be read: \(problem.words)")
        }
        return .file(path)
    }
}
