//! Takes over the package that the variable `L4K_KEPT_PACKAGE` names, from this directory; without it, hello's of the first release.

use std::env;

const VARIABLE: &str = "L4K_KEPT_PACKAGE";

fn main() {
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    l4k_build::Packed::new(env::var(VARIABLE).unwrap_or_else(|_| "1.0/hello.l4k".to_owned())).build();
}
