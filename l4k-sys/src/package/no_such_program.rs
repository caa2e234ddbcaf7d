//! The error of a look-up by a name that the package lacks. It lists the names that the package has. Calls [`Package`].

use core::fmt;

use super::Package;

/// The package has no program of the name that was looked up.
///
/// ```text
/// the package has no program 'greter'; it has 'init', 'greeter'
/// ```
#[derive(Clone, Copy)]
pub struct NoSuchProgram<'n, 'a> {
    name: &'n str,
    package: Package<'a>,
}

impl<'n, 'a> NoSuchProgram<'n, 'a> {
    pub(super) const fn new(name: &'n str, package: Package<'a>) -> NoSuchProgram<'n, 'a> {
        NoSuchProgram { name, package }
    }

    /// The name that was looked up.
    #[must_use]
    pub const fn name(&self) -> &'n str {
        self.name
    }

    /// The names that the package has, in its order.
    pub fn names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.package.programs().map(|program| program.name())
    }
}

impl fmt::Display for NoSuchProgram<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "the package has no program '{}'; it has", self.name)?;
        for (index, name) in self.names().enumerate() {
            let separator = if index == 0 { "" } else { "," };
            write!(formatter, "{separator} '{name}'")?;
        }
        Ok(())
    }
}

/// As [`Display`](fmt::Display): this is what `expect` and a `main` that returns the error print.
impl fmt::Debug for NoSuchProgram<'_, '_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl core::error::Error for NoSuchProgram<'_, '_> {}
