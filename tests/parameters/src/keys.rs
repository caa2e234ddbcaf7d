//! The keys that the project's programs know. May call nothing of this crate.

/// Which tests of the suite run: a list of names with commas between them.
pub const FILTER: &str = "filter";

/// Which share of the chosen tests of the suite runs: `i/n`, counted from 0.
pub const SHARD: &str = "shard";

/// How many system calls the suite's hostile programs make in all.
pub const HOSTILE_CALLS: &str = "hostile-calls";

/// How long the suite's stress of several cores goes on, in seconds.
pub const STRESS_SECONDS: &str = "stress-seconds";

/// How often the suite makes each attack on a passive server.
pub const ATTACK_ROUNDS: &str = "attack-rounds";

/// Whether the suite hangs instead of testing, and how.
pub const HANG: &str = "hang";

/// As a value of [`HANG`]: nothing can ever run.
pub const HANG_FOR_EVER: &str = "for-ever";

/// As a value of [`HANG`]: only an interrupt can wake a thread.
pub const HANG_FOR_INTERRUPTS: &str = "for-interrupts";

/// As a value of [`HANG`]: a thread faults [`FAULTS`] times before.
pub const HANG_AFTER_FAULTS: &str = "after-faults";

/// How often it does.
pub const FAULTS: u32 = 100;

/// How many cycles a core makes in a second: the benchmark for boards then tells cycles.
pub const CORE_HERTZ: &str = "core-hertz";
