//! Users in the configuration file: what CONFIG REWRITE makes of their lines, as Valkey 9.1 does.

use crate::suite_faults::{call, play};
use crate::support::Server;

/// SHA-256 of `x`, `a` and `foo`.
const X: &str = "#2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
const A: &str = "#ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb";
const FOO: &str = "#2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

fn user_lines(server: &Server) -> Vec<String> {
    let file = std::fs::read_to_string(server.folder().join("test.conf")).expect("it was written");
    let lines = file.lines().filter(|line| line.starts_with("user ")).map(str::to_owned);
    lines.collect()
}

#[test]
fn a_rewritten_file_tells_the_users_as_they_are() {
    let server = Server::start_with_file(
        "timeout 7\nuser zed on >x allkeys allchannels +@all (+get ~b)\n# who\n\
         user eve off nopass +get %R~k db=3,1\nuser bob on >a <a >x nopass >a ~* &* +@all\n",
    );
    let client = &mut server.client();
    play(client, &[("CONFIG REWRITE", "+OK")]);
    // The lines are taken in order of names, what is new is appended.
    let others = [
        format!("user bob on {A} ~* &* +@all"),
        "user default on nopass ~* &* +@all".to_owned(),
        "user eve off nopass %R~k resetchannels db=1,3 -@all +get".to_owned(),
        format!("user zed on {X} ~* &* +@all (~b resetchannels -@all +get)"),
    ];
    assert_eq!(user_lines(&server), others);
    play(client, &[("CONFIG SET requirepass foo", "+OK"), ("CONFIG REWRITE", "+OK")]);
    assert_eq!(user_lines(&server)[1], format!("user default on {FOO} ~* &* +@all"));

    // A server that reads it has the same users.
    let file = std::fs::read_to_string(server.folder().join("test.conf")).expect("it was written");
    let lines: Vec<&str> = file.lines().filter(|line| !line.starts_with("port ")).collect();
    let again = Server::start_with_file(&lines.join("\n"));
    let client = &mut again.client();
    play(client, &[("AUTH foo", "+OK"), ("AUTH bob a", "+OK"), ("AUTH zed x", "+OK")]);
    assert!(call(client, "AUTH eve any").starts_with("-WRONGPASS"));
    play(client, &[("CONFIG REWRITE", "+OK")]);
    assert_eq!(user_lines(&again), user_lines(&server));
}
