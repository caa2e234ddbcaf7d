//! The firmware that jobs boot. Each is built by a job of its own and copied to a place of its own, since the next build of a project takes the
//! place of the last. May call `firmware`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use l4k_qemu::Board;

use super::part::Context;
use crate::firmware::{self, Extras, Firmware, Profile};

/// A firmware project, built in one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// The project's directory, from the repository's.
    project: String,
    profile: Profile,
    board: Board,
    features: Vec<&'static str>,
    /// Variables that its build looks at.
    variables: Vec<(&'static str, String)>,
}

impl Image {
    /// A project's usual development build for a board.
    pub fn of(project: impl Into<String>, board: Board) -> Image {
        Image {
            project: project.into(),
            profile: Profile::Development,
            board,
            features: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// The same as a release build.
    pub fn release(self) -> Image {
        Image { profile: Profile::Release, ..self }
    }

    /// The same with one more feature.
    pub fn with_feature(mut self, feature: &'static str) -> Image {
        self.features.push(feature);
        self
    }

    /// The same with a variable for its build.
    pub fn with_variable(mut self, name: &'static str, value: &str) -> Image {
        self.variables.push((name, value.to_owned()));
        self
    }

    /// The project's directory, from the repository's.
    pub fn project(&self) -> &str {
        &self.project
    }

    /// The board that it is for.
    pub fn board(&self) -> Board {
        self.board
    }

    /// What tells it from all others, as people read it.
    pub fn name(&self) -> String {
        let profile = match self.profile {
            Profile::Development => "",
            Profile::Release => ", release",
        };
        let features = self.features.iter().map(|feature| format!(", {feature}"));
        let variables = self.variables.iter().map(|(_, value)| format!(", {value}"));
        format!("{}, {}{profile}{}", self.project, self.board, features.chain(variables).collect::<String>())
    }

    /// Builds it and keeps a copy.
    pub fn build(&self, context: &Context) -> Result<()> {
        let variables: Vec<(&str, &str)> = self.variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let extras = Extras { features: &self.features, variables: &variables, ..Extras::default() };
        let directory = context.project.path(&self.project);
        let built = firmware::build_with(&context.toolchain, &directory, self.profile, self.board, extras)?;
        let place = self.place(context);
        // Half a copy is none: a machine that finds no kernel says so.
        let _ = fs::remove_dir_all(&place);
        fs::create_dir_all(&place).with_context(|| format!("making {}", place.display()))?;
        write(&place.join("made"), built.made.as_os_str().as_encoded_bytes())?;
        let kernel = place.join("kernel.elf");
        fs::copy(&built.kernel, &kernel).with_context(|| format!("copying {}", built.kernel.display()))?;
        Ok(())
    }

    /// The copy.
    pub fn firmware(&self, context: &Context) -> Result<Firmware> {
        let place = self.place(context);
        let made = fs::read_to_string(place.join("made")).with_context(|| format!("{} is not built", self.name()))?;
        Ok(Firmware { kernel: place.join("kernel.elf"), made: PathBuf::from(made) })
    }

    fn place(&self, context: &Context) -> PathBuf {
        let name = self.name().replace(['/', ' '], "-").replace(',', "");
        context.project.target().join("test/images").join(name)
    }
}

fn write(file: &Path, contents: &[u8]) -> Result<()> {
    fs::write(file, contents).with_context(|| format!("writing {}", file.display()))
}

#[cfg(test)]
mod tests {
    use l4k_qemu::Board;

    use super::Image;

    #[test]
    fn images_that_differ_have_other_names() {
        let hello = || Image::of("examples/hello", Board::RaspberryPi4);
        let all = [
            hello(),
            hello().release(),
            hello().with_feature("mini-uart-console"),
            hello().with_variable("PACKAGE", "1.0/hello.l4k"),
            Image::of("examples/hello", Board::QemuVirt),
        ];
        for (index, image) in all.iter().enumerate() {
            assert!(all[..index].iter().all(|other| other.name() != image.name()), "{}", image.name());
        }
        assert_eq!(all[1].name(), "examples/hello, rpi4, release");
    }
}
