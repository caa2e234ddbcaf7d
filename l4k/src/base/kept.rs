//! A value or none, in an object that begins as zero bytes. Calls nobody.

/// A value or none. Zero bytes are none: its layout is laid down, as that of an [`Option`] is only for references and numbers that are not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kept<T> {
    /// There is none.
    Nothing = 0,
    /// There is this.
    This(T),
}

impl<T: Copy> Kept<T> {
    /// The value, if there is one.
    #[inline(always)]
    #[must_use]
    pub const fn get(&self) -> Option<T> {
        match self {
            Self::Nothing => None,
            Self::This(value) => Some(*value),
        }
    }

    /// The value where it stands.
    #[inline(always)]
    pub const fn get_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Nothing => None,
            Self::This(value) => Some(value),
        }
    }

    /// Takes the value out, if there is one.
    #[inline(always)]
    pub const fn take(&mut self) -> Option<T> {
        let value = self.get();
        *self = Self::Nothing;
        value
    }
}

impl<T> From<Option<T>> for Kept<T> {
    #[inline(always)]
    fn from(value: Option<T>) -> Self {
        match value {
            None => Self::Nothing,
            Some(value) => Self::This(value),
        }
    }
}
