//! Switches the sources to loom's atomics, in this crate alone.

fn main() {
    println!("cargo::rustc-cfg=loom");
}
