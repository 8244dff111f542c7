//! What a case does beside its replies: the keyspace events it sends and what it counts.

use std::io;

use crate::support::{Client, Reply};

/// The channel that ends the events of a case.
const END: &str = "__keyevent@end__";

/// What is counted: changes, looks at keys and how they ended, errors.
const COUNTED: [&str; 5] = [
    "rdb_changes_since_last_save",
    "keyspace_hits",
    "keyspace_misses",
    "expired_keys",
    "total_error_replies",
];

/// Listens to one server during a case.
pub(super) struct Observer {
    listener: Client,
    control: Client,
    before: Vec<i64>,
}

impl Observer {
    /// Starts to listen. Keys then go only when they are met, so that events come at the same places.
    pub(super) fn begin(port: u16) -> io::Result<Self> {
        let (mut listener, mut control) = (Client::connect(port)?, Client::connect(port)?);
        ask(&mut control, &["DEBUG", "SET-ACTIVE-EXPIRE", "0"])?;
        ask(&mut listener, &["PSUBSCRIBE", "__keyevent@*"])?;
        let before = counts(&mut control)?;
        Ok(Self { listener, control, before })
    }

    /// One line for each event, and one for what was counted.
    pub(super) fn end(mut self) -> io::Result<Vec<String>> {
        let after = counts(&mut self.control)?;
        ask(&mut self.control, &["PUBLISH", END, ""])?;
        let mut seen = Vec::new();
        loop {
            let event = self.listener.read()?.to_string();
            if event.contains(END) {
                break;
            }
            seen.push(event);
        }
        let differences = after.iter().zip(&self.before).map(|(after, before)| after - before);
        let counted = COUNTED.iter().zip(differences);
        seen.extend(counted.map(|(name, difference)| format!("{name} +{difference}")));
        Ok(seen)
    }
}

fn ask(client: &mut Client, words: &[&str]) -> io::Result<Reply> {
    client.send(words)?;
    client.read()
}

fn counts(client: &mut Client) -> io::Result<Vec<i64>> {
    let page = match ask(client, &["INFO", "stats", "persistence"])? {
        Reply::Bulk(page) => String::from_utf8_lossy(&page).into_owned(),
        other => panic!("INFO answers text, not {other}"),
    };
    let field = |name: &str| {
        let line = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|text| text.trim().parse().ok()).expect("INFO has the number")
    };
    Ok(COUNTED.iter().map(|name| field(name)).collect())
}

/// The first difference between what two servers were seen to do, as the text of each.
pub(super) fn difference(ours: &[String], theirs: &[String]) -> Option<(String, String)> {
    let none = String::from("(nothing)");
    let longest = ours.len().max(theirs.len());
    (0..longest)
        .map(|at| (ours.get(at).unwrap_or(&none), theirs.get(at).unwrap_or(&none)))
        .find(|(ours, theirs)| ours != theirs)
        .map(|(ours, theirs)| (ours.clone(), theirs.clone()))
}
