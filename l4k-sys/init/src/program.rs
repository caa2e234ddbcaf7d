//! A program that is ready to be started, and started again: its image, what it is given, and the memory for it. Calls `image` and `home`.

use l4k_sys::abi::Fault;
use l4k_sys::entry::package_bytes;
use l4k_sys::package::Package;

use crate::description::Description;
use crate::explanation::Explanation;
use crate::failure::Failure;
use crate::home::Home;
use crate::image::Image;
use crate::problem::Problem;
use crate::resources::Resources;

/// A program of the package with memory set aside for it.
#[derive(Clone, Debug)]
pub struct Program<'a> {
    image: Image<'static>,
    description: Description<'a>,
    home: Home,
}

impl<'a> Program<'a> {
    /// Finds the program of this name in the package that the kernel has mapped, and sets memory and slots aside for it.
    ///
    /// # Errors
    /// [`Problem::Package`], [`Problem::NoProgram`] and [`Problem::Program`]; nothing is set aside then.
    pub fn new(
        resources: &mut Resources,
        name: &'static str,
        description: Description<'a>,
    ) -> Result<Program<'a>, Problem> {
        let package = Package::parse(package_bytes())?;
        let image = Image::find(&package, name)?;
        Ok(Self::of_image(resources, image, description)?)
    }

    /// The same with an image that was found before.
    ///
    /// # Errors
    /// As [`Home::reserve`].
    pub fn of_image(
        resources: &mut Resources,
        image: Image<'static>,
        description: Description<'a>,
    ) -> Result<Program<'a>, Failure<'static>> {
        let home = Home::reserve(resources, &image, &description)?;
        Ok(Program { image, description, home })
    }

    /// Starts it; whatever was left of an earlier run is destroyed before.
    ///
    /// # Errors
    /// As [`Home::start`].
    pub fn start(&self, resources: &mut Resources, arguments: [u64; 3]) -> Result<(), Failure<'static>> {
        self.home.start(resources, &self.image, &self.description, arguments)
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.image.name
    }

    /// A fault of this program in words. A stack overflow is called one, with the size of the stack.
    #[must_use]
    pub fn explain(&self, fault: Fault) -> Explanation {
        Explanation::new(fault, self.home.plan().layout.stack)
    }

    /// What it is given.
    #[must_use]
    pub const fn description(&self) -> &Description<'a> {
        &self.description
    }

    /// Where it lives.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.home
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use crate::testing::{description, image, record, recorded, resources};
    use std::vec::Vec;

    #[test]
    fn a_second_start_makes_the_same_of_the_same_memory() {
        record(usize::MAX);
        let mut resources = resources();
        let program = Program::of_image(&mut resources, image(), description(&[])).unwrap();
        assert_eq!((program.name(), program.description().priority), ("sample", 100));
        let [first, second] = [(); 2].map(|()| {
            record(usize::MAX);
            program.start(&mut resources, [7, 8, 9]).unwrap();
            recorded().iter().map(|seen| (seen.call, seen.x)).collect::<Vec<_>>()
        });
        assert!(!first.is_empty());
        assert_eq!(first, second);
    }

    #[test]
    fn without_a_package_nothing_is_set_aside() {
        record(usize::MAX);
        let mut resources = resources();
        let problem = Program::new(&mut resources, "sample", description(&[])).unwrap_err();
        assert!(matches!(problem, Problem::Package(_)), "{problem:?}");
        assert!(recorded().is_empty());
    }
}
