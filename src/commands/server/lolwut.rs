//! LOLWUT: swallows over the field, another flock every time.

use crate::commands::{Arg, Arity, CommandResult, CommandSpec, Cx, Flags, Group, Run, int_arg};
use rand::Rng;

use crate::config::{REDIS_VERSION, TSUBAME_VERSION, VALKEY_VERSION};
use crate::protocol::Args;

static LOLWUT: CommandSpec = CommandSpec {
    name: "lolwut",
    summary: "Draws something, and says which version drew it.",
    since: "5.0.0",
    complexity: "",
    group: Group::Server,
    arity: Arity::AtLeast(1),
    flags: Flags::READONLY.or(Flags::FAST),
    args: &[Arg::integer("version").token("VERSION").optional()],
    run: Run::Local(lolwut),
    ..CommandSpec::DEFAULT
};

pub(super) static COMMANDS: &[&CommandSpec] = &[&LOLWUT];

const WIDTH: usize = 66;
const HEIGHT: usize = 12;

/// VERSION and its number are understood as the peers do, and every version draws the same.
fn lolwut(cx: &mut Cx<'_>, args: &Args<'_>) -> CommandResult {
    if args.len() >= 3 && args.is(1, "version") {
        int_arg(args, 2)?;
    }
    let mut picture = draw(&mut rand::rng());
    let (name, version) = match cx.server.config.extended_redis_compatibility.get() {
        true => ("Redis", REDIS_VERSION),
        false => ("Valkey", VALKEY_VERSION),
    };
    picture.push_str(&format!(
        "\nSwallows fly low: rain is coming. Tsubame ver. {TSUBAME_VERSION} ({name} ver. \
         {version})\n"
    ));
    cx.reply.verbatim("txt", picture.as_bytes());
    Ok(())
}

/// A few birds of three sizes in the air, grass below.
fn draw(rng: &mut impl Rng) -> String {
    const BIRDS: [&str; 3] = ["v", "\\v/", "~\\v/~"];
    let mut lines = vec![vec![b' '; WIDTH]; HEIGHT];
    for _ in 0..rng.random_range(7..16) {
        let bird = BIRDS[rng.random_range(0..BIRDS.len())].as_bytes();
        let (row, column) =
            (rng.random_range(0..HEIGHT - 2), rng.random_range(0..WIDTH - bird.len()));
        lines[row][column..column + bird.len()].copy_from_slice(bird);
    }
    for cell in &mut lines[HEIGHT - 1] {
        *cell = [b'_', b',', b'.', b'i', b'_'][rng.random_range(0..5)];
    }
    let text = |line: &Vec<u8>| String::from_utf8_lossy(line).trim_end().to_owned();
    lines.iter().map(|line| text(line) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_picture_has_birds_and_grass() {
        for seed in 0..20 {
            let picture = draw(&mut rand::rngs::StdRng::seed_from_u64(seed));
            assert_eq!(picture.lines().count(), HEIGHT, "seed {seed}");
            assert!(picture.contains('v') && picture.contains('_'), "seed {seed}");
        }
    }
}
