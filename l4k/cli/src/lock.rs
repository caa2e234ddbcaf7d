//! One command at a time in one project: the second waits, and says so. May call nothing of this crate but `workplace`.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workplace::Workplace;

/// The file that a command locks while it builds.
const BUILD: &str = "l4k-build.lock";

/// Held while a command works. It is given back when the value goes away, or the process ends.
#[derive(Debug)]
pub struct Lock {
    /// The system's lock belongs to the open file.
    _file: File,
}

impl Lock {
    /// For building in a project: two builds for two boards would take each other's files away.
    ///
    /// # Errors
    /// The lock's file cannot be made.
    pub fn of_build(place: &Workplace) -> Result<Lock> {
        Lock::take(&place.target().join(BUILD), "another cargo l4k in this project")
    }

    /// Takes the lock of a file. If somebody has it, says on standard error for whom it waits, and waits.
    ///
    /// # Errors
    /// The file cannot be made.
    pub fn take(file: &Path, whom: &str) -> Result<Lock> {
        let directory = file.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory).with_context(|| format!("making {}", directory.display()))?;
        let opened = File::create(file).with_context(|| format!("making {}", file.display()))?;
        match opened.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                eprintln!("waiting for {whom}");
                opened.lock().with_context(|| format!("waiting for {whom}"))?;
            }
            Err(TryLockError::Error(error)) => bail!("cannot lock {}: {error}", file.display()),
        }
        Ok(Lock { _file: opened })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::{fs, thread};

    use super::Lock;

    #[test]
    fn the_second_gets_it_when_the_first_is_done() {
        let file = std::env::temp_dir().join(format!("l4k-lock-{}/l4k.lock", std::process::id()));
        let first = Lock::take(&file, "nobody").expect("a free lock");
        let (tell, told) = mpsc::channel();
        let other = file.clone();
        let second = thread::spawn(move || {
            let lock = Lock::take(&other, "the first").expect("the lock");
            tell.send("the second has it").expect("somebody listens");
            drop(lock);
        });
        assert!(told.try_recv().is_err(), "both have it");
        drop(first);
        assert_eq!(told.recv(), Ok("the second has it"));
        second.join().expect("the second ends");
        fs::remove_dir_all(file.parent().expect("a directory")).expect("it can be removed");
    }
}
