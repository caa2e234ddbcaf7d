//! A module for each chapter of the book, as build.rs has written them.

include!(concat!(env!("OUT_DIR"), "/chapters.rs"));
