//! TEMPORARY stand-in by the lead; to be overwritten by the package helper.
#![allow(missing_docs)]
pub struct Package<'a>(&'a [u8]);
#[derive(Debug)]
pub struct PackageError<'a>(&'a str);
impl core::fmt::Display for PackageError<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.0)
    }
}
impl<'a> Package<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Package<'a>, PackageError<'a>> {
        Ok(Package(bytes))
    }
    pub fn programs(&self) -> impl Iterator<Item = Program<'a>> {
        core::iter::empty()
    }
}
pub struct Program<'a>(&'a [u8]);
impl<'a> Program<'a> {
    pub fn entry(&self) -> u64 {
        0
    }
    pub fn stack_size(&self) -> u32 {
        0
    }
    pub fn segments(&self) -> impl Iterator<Item = Segment<'a>> {
        core::iter::empty()
    }
}
pub struct Segment<'a>(&'a [u8]);
impl<'a> Segment<'a> {
    pub fn virtual_address(&self) -> u64 {
        0
    }
    pub fn memory_size(&self) -> u64 {
        0
    }
    pub fn rights(&self) -> u32 {
        0
    }
    pub fn contents(&self) -> &'a [u8] {
        self.0
    }
}
