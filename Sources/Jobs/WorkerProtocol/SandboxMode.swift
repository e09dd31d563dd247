/// What becomes of a worker that cannot be confined.
package enum SandboxMode: String, CaseIterable, Sendable {
    /// Where the kernel has no Landlock or no seccomp, it goes on with what there is, and the run says so; where they are
    /// there and refused, its job fails.
    case auto
    /// Its job fails, whatever is missing.
    case require
    /// It is not confined, but for its limits.
    case off
}
