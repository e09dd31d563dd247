internal import Glibc

/// The desktop's browser.
enum Browser {
    /// Asks the desktop to open an address; where there is none, says so and goes on.
    static func open(_ address: String) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
        }
        var pid: pid_t = 0
        let words: [UnsafeMutablePointer<CChar>?] = ["xdg-open", address].map { (word: String) in strdup(word) }
        defer { for word in words { free(word) } }
        let code = posix_spawnp(&pid, "xdg-open", &actions, nil, words + [nil], environ)
        if code != 0 {
            Terminal.error("forgebatch: no browser could be opened (xdg-open: \(String(cString: strerror(code))))")
        }
    }
}
