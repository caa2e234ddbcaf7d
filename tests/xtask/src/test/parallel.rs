//! Working on several things at once, as many as the computer has processors. May call nothing of this crate.

use std::num::NonZero;
use std::sync::Mutex;
use std::thread;

/// Does the work for each item, in any order.
pub fn for_each<T: Send>(items: Vec<T>, work: impl Fn(T) + Sync) {
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(items.len());
    let waiting = Mutex::new(items.into_iter());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = next(&waiting) {
                    work(item);
                }
            });
        }
    });
}

fn next<I: Iterator>(waiting: &Mutex<I>) -> Option<I::Item> {
    waiting.lock().expect("nobody panics while he takes one").next()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::for_each;

    #[test]
    fn every_item_is_worked_on_once() {
        let done = Mutex::new(Vec::new());
        for_each((0..100).collect(), |item: u32| done.lock().expect("the list").push(item));
        let mut done = done.into_inner().expect("the list");
        done.sort_unstable();
        assert_eq!(done, (0..100).collect::<Vec<_>>());
        for_each(Vec::<u32>::new(), |_| panic!("there is none"));
    }
}
