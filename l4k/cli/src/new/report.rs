//! What `cargo l4k new` says when the project is made. May call nothing but the request.

use super::make::Request;

/// The text.
#[must_use]
pub fn text(request: &Request) -> String {
    let Request { name, board, crates, .. } = request;
    let crates = match crates {
        Some(directory) => {
            format!("The l4k crates come from {}: .cargo/crates.toml says so.\nNext:\n", directory.display())
        }
        None => format!(
            "The l4k crates come from crates.io. They are not there yet, so the project does not build.\n\
             Clone l4k, and make the project again with the crates of the clone:\n\
             \x20   rm -r {name}\n\
             \x20   cargo l4k new {name} --board {board} --crates PATH-OF-THE-CLONE\n\
             Once the crates are there, this project builds as it is:\n"
        ),
    };
    format!(
        "The project {name} is made, for the board {board}.\n{crates}\
         \x20   cd {name}\n\
         \x20   cargo l4k run     builds it and boots it in QEMU\n\
         \x20   cargo l4k test    runs its tests there\n\
         With a target that rustup has added, cargo run and cargo test do the same.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use l4k_qemu::Board;

    #[test]
    fn it_says_where_the_crates_come_from() {
        let request = |crates| Request {
            name: "robot".to_owned(),
            board: Board::QemuVirt,
            template: "firmware".to_owned(),
            crates,
        };
        let said = text(&request(None));
        assert!(said.contains("They are not there yet"), "{said}");
        assert!(said.contains("cargo l4k new robot --board qemu-virt --crates "), "{said}");
        assert!(!said.contains("Next:"), "what cannot work yet is not the next step: {said}");
        let said = text(&request(Some("../l4k".into())));
        assert!(said.contains("come from ../l4k") && !said.contains("not there yet"), "{said}");
        assert!(said.contains("Next:\n    cd robot\n    cargo l4k run "), "{said}");
    }
}
