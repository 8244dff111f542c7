//! The reader of nodes.conf: it never panics, and what it reads it writes and reads again as the
//! same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tsubame_fuzz::cluster::nodes_conf::NodesConf;

fuzz_target!(|text: &str| {
    if let Ok(conf) = NodesConf::parse(text) {
        let written = conf.to_text();
        let again = NodesConf::parse(&written).expect("what was written can be read");
        assert_eq!(again.to_text(), written);
    }
});
