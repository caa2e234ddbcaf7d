//! One test at a time in a clone: a second one waits, and says so. May call nothing of this crate.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

/// The file whose lock says that a test runs, below `target`.
const FILE: &str = "l4k-test.lock";

/// The right to run a test, until it goes away.
#[derive(Debug)]
pub struct Exclusive {
    _lock: File,
}

/// Waits until no other test runs in this clone.
pub fn wait(target: &Path) -> Result<Exclusive> {
    fs::create_dir_all(target).with_context(|| format!("making {}", target.display()))?;
    let file = target.join(FILE);
    let lock = File::create(&file).with_context(|| format!("making {}", file.display()))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            eprintln!("another test runs in this clone; this one begins when that has ended");
            lock.lock().with_context(|| format!("waiting for {}", file.display()))?;
        }
        Err(TryLockError::Error(error)) => bail!("{}: {error}", file.display()),
    }
    Ok(Exclusive { _lock: lock })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::thread;

    use super::wait;

    #[test]
    fn the_second_begins_when_the_first_has_ended() {
        let target = std::env::temp_dir().join(format!("l4k-exclusive-{}", std::process::id()));
        let first = wait(&target).expect("nobody else is there");
        let (sender, ended) = channel();
        let second = {
            let (target, sender) = (target.clone(), sender.clone());
            thread::spawn(move || {
                let alone = wait(&target).expect("the lock");
                sender.send("second").expect("somebody listens");
                drop(alone);
            })
        };
        sender.send("first").expect("somebody listens");
        drop(first);
        second.join().expect("it does not panic");
        assert_eq!(ended.iter().take(2).collect::<Vec<_>>(), ["first", "second"]);
        std::fs::remove_dir_all(&target).expect("the directory is ours");
    }
}
