//! The `tsubame` binary.

fn main() {}
