//! The files of the board's vendor: which there are, and taking them from a directory. May call the crate `l4k-card`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use l4k_card::CardFile;

/// What the Raspberry Pi 4 needs beside the kernel.
pub const FILES: [&str; 4] = ["start4.elf", "fixup4.dat", "bcm2711-rpi-4-b.dtb", "overlays/disable-bt.dtbo"];

/// All of them, out of a directory such as `boot/` of the vendor's repository.
pub fn take(directory: &Path) -> Result<Vec<CardFile>> {
    ensure!(directory.is_dir(), "there is no directory {}", directory.display());
    let missing: Vec<&str> = FILES.into_iter().filter(|name| !directory.join(name).is_file()).collect();
    if !missing.is_empty() {
        bail!("{} has no {}", directory.display(), missing.join(", no "));
    }
    let read = |name: &str| -> Result<CardFile> {
        let contents = fs::read(directory.join(name)).with_context(|| format!("reading {name}"))?;
        Ok(CardFile { path: name.to_owned(), contents })
    };
    FILES.into_iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::{FILES, take};
    use std::fs;

    #[test]
    fn all_that_is_missing_is_named_and_all_that_is_there_is_taken() {
        let directory = std::env::temp_dir().join(format!("l4k-vendor-{}", std::process::id()));
        fs::create_dir_all(directory.join("overlays")).expect("a directory");
        fs::write(directory.join(FILES[0]), "x").expect("a file");
        let error = take(&directory).expect_err("three are missing").to_string();
        assert!(error.ends_with("has no fixup4.dat, no bcm2711-rpi-4-b.dtb, no overlays/disable-bt.dtbo"), "{error}");
        for name in FILES {
            fs::write(directory.join(name), name).expect("a file");
        }
        let taken = take(&directory).expect("all are there");
        assert!(taken.iter().all(|file| file.contents == file.path.as_bytes()) && taken.len() == FILES.len());
        fs::remove_dir_all(&directory).expect("the directory can be removed");
        let error = take(&directory).expect_err("it is gone").to_string();
        assert_eq!(error, format!("there is no directory {}", directory.display()));
    }
}
