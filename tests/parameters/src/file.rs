//! The host's side, for files: a copy of an image with parameters in it. May call `fill`.

use std::path::{Path, PathBuf};
use std::string::String;
use std::vec::Vec;
use std::{format, fs};

use anyhow::{Context, Result};

use crate::fill::fill;

/// Writes a copy of an image with parameters for the program that takes them; where it is. It lies in a directory beside the image whose name is
/// made of the image's and of `name`, and it appears whole or not at all: a machine may boot from an older copy meanwhile.
///
/// # Errors
/// The image cannot be read, takes no such parameters, or the copy cannot be written.
pub fn copy_with(image: &Path, name: &str, parameters: &[(&'static str, String)]) -> Result<PathBuf> {
    let mut bytes = fs::read(image).with_context(|| format!("reading {}", image.display()))?;
    let parameters: Vec<(&str, &str)> = parameters.iter().map(|(key, value)| (*key, value.as_str())).collect();
    fill(&mut bytes, &parameters).with_context(|| format!("{}", image.display()))?;
    let directory = image.with_extension(format!("with-{name}"));
    fs::create_dir_all(&directory).with_context(|| format!("making {}", directory.display()))?;
    let copy = directory.join(image.file_name().unwrap_or_default());
    let new = copy.with_extension(format!("new-{}", std::process::id()));
    fs::write(&new, bytes).with_context(|| format!("writing {}", new.display()))?;
    fs::rename(&new, &copy).with_context(|| format!("writing {}", copy.display()))?;
    Ok(copy)
}
