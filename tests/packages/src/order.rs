//! The order in which the crates are published: each after those that it depends on. May call nothing of this crate.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use cargo_metadata::{DependencyKind, Package};

/// The names in the order of publication. Where the order is free it is that of the alphabet.
///
/// # Errors
/// Crates depend on each other in a circle, or on a crate of the project that cannot be published.
pub fn of_publication(packages: &[Package]) -> Result<Vec<String>> {
    let mut left: BTreeSet<String> = packages.iter().map(|package| package.name.to_string()).collect();
    let mut order = Vec::new();
    while !left.is_empty() {
        let needs = |name: &String| needed_by(packages, name);
        let Some(next) = left.iter().find(|name| needs(name).iter().all(|need| order.contains(need))).cloned() else {
            let blocked: Vec<String> = left.iter().map(|name| format!("{name} needs {:?}", needs(name))).collect();
            bail!("these crates cannot be published: {}", blocked.join("; "));
        };
        left.remove(&next);
        order.push(next);
    }
    Ok(order)
}

/// The crates of the project that a crate needs to be published. Cargo leaves out a dependency for tests that has no version.
fn needed_by(packages: &[Package], name: &str) -> Vec<String> {
    let package = packages.iter().filter(|package| package.name.as_str() == name);
    let all = package.flat_map(|package| &package.dependencies).filter(|dependency| dependency.path.is_some());
    all.filter(|dependency| dependency.kind != DependencyKind::Development || !dependency.req.comparators.is_empty())
        .map(|dependency| dependency.name.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::of_publication;
    use crate::Workspace;

    #[test]
    fn crate_that_needs_an_unpublished_one_is_found() {
        let workspace = Workspace::read().expect("the workspace");
        let packages = workspace.published().iter().filter(|package| package.name.as_str() != "l4k-sys").cloned();
        let error = of_publication(&packages.collect::<Vec<_>>()).expect_err("l4k needs l4k-sys");
        assert!(error.to_string().contains("l4k needs [\"l4k-sys\"]"), "{error}");
    }
}
