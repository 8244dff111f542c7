//! Unix sockets, TLS, credentials and sources of seeds.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tsubame_client::{
    Client, Credentials, CredentialsProvider, Fetching, FileSeeds, Issued, Mode, NodeAddr,
    SentinelSeeds, Tls,
};

use crate::on_both_servers;
use crate::support::tls::terminator;
use crate::support::{Cluster, LONG, Server};

on_both_servers! {
    a_unix_socket_is_as_good_as_a_port,
    tls_carries_everything_and_trusts_nobody_else,
    credentials_change_on_open_connections,
    sentinels_name_the_primary,
    seeds_come_from_a_file,
}

async fn a_unix_socket_is_as_good_as_a_port(binary: &Path) {
    let path = std::env::temp_dir().join(format!("tsubame-{}.sock", rand::random::<u32>()));
    let path = path.to_str().unwrap();
    let server = Server::start(binary, &["--unixsocket", path]);
    let client = Client::connect(&format!("unix://{path}")).await.unwrap();
    client.set("a", 1).await.unwrap();
    assert_eq!(client.incr("a").await.unwrap(), 2);
    assert!(server.call(&["GET", "a"]).contains('2'));
    assert_eq!(client.nodes()[0].addr, NodeAddr::unix(path));
}

async fn tls_carries_everything_and_trusts_nobody_else(binary: &Path) {
    let server = Server::start(binary, &[]);
    let plain = server.port;
    let behind = move || TcpStream::connect(("127.0.0.1", plain));
    let (port, pem) = terminator("db.example", behind).await;
    let seed = format!("127.0.0.1:{port}");
    let tls = Tls::trusting(pem.as_bytes()).unwrap();
    // It is tried again until the time is up, and a busy machine must get as far as the certificate.
    let builder = || Client::builder().seed(&seed).unwrap().boot_timeout(Duration::from_secs(6));
    // Ninety megabytes through code that is not optimised take their time.
    let patient = builder().boot_timeout(Duration::from_secs(30)).timeout(Duration::from_secs(60));
    let client = patient.tls(tls.clone().server_name("db.example")).connect().await.unwrap();
    let big = "x".repeat(3_000_000);
    let tasks: Vec<_> = (0..16)
        .map(|n| {
            let (client, big) = (client.clone(), big.clone());
            tokio::spawn(async move {
                client.set(format!("k{n}"), &big).await.unwrap();
                assert_eq!(client.get(format!("k{n}")).as_::<String>().await.unwrap(), big);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(client.blocking().blpop(["q"], 0.05).await.unwrap(), None);
    let mut messages = client.subscribe(["c"]).await.unwrap();
    client.publish("c", "m").await.unwrap();
    assert!(messages.next().await.is_some());
    // Another name, another authority.
    let error = builder().tls(tls).connect().await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    let (_, other) = terminator("db.example", behind).await;
    let other = Tls::trusting(other.as_bytes()).unwrap().server_name("db.example");
    let error = builder().tls(other).connect().await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

/// First one user, and soon another.
struct Rotating(AtomicU32);

impl CredentialsProvider for Rotating {
    fn fetch(&self) -> Fetching<'_, Issued> {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        let credentials = if n == 0 {
            Credentials::new("first", "one")
        } else {
            Credentials::new("second", "two")
        };
        let valid_for = (n == 0).then_some(Duration::from_millis(300));
        Box::pin(async move { Ok(Issued { credentials, valid_for }) })
    }
}

async fn credentials_change_on_open_connections(binary: &Path) {
    let cluster = Cluster::start(binary, 3);
    for server in &cluster.servers {
        for (user, password) in [("first", ">one"), ("second", ">two")] {
            let told = server.call(&["ACL", "SETUSER", user, "on", password, "~*", "&*", "+@all"]);
            if !told.starts_with("+OK") {
                return eprintln!("skipped: the server has no ACL SETUSER: {told}");
            }
        }
        server.call(&["ACL", "SETUSER", "default", "off"]);
    }
    let client = cluster
        .builder()
        .credentials_provider(Rotating(AtomicU32::new(0)))
        .connect()
        .await
        .unwrap();
    let who = || client.cmd("ACL WHOAMI").on(tsubame_client::Route::AnyPrimary).as_::<String>();
    let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let load = tokio::spawn({
        let (client, stop) = (client.clone(), stop.clone());
        async move {
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                client.set(format!("k{n}"), n).await.unwrap();
                n += 1;
            }
        }
    });
    assert_eq!(who().await.unwrap(), "first");
    let until = Instant::now() + LONG;
    while client.stats().reauthentications < 3 {
        assert!(Instant::now() < until, "{:?}", client.stats());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for _ in 0..10 {
        assert_eq!(who().await.unwrap(), "second");
    }
    stop.store(true, Ordering::Relaxed);
    load.await.unwrap();
    assert_eq!(client.stats().disconnects, 0, "no connection was closed for it");
    let wrong = cluster.builder().credentials(Credentials::new("first", "wrong"));
    let error = wrong.boot_timeout(Duration::from_millis(300)).connect().await.unwrap_err();
    assert!(error.to_string().contains("WRONGPASS"), "{error}");
}

/// A sentinel of this process: it names whichever port it is told.
async fn sentinel(primary: Arc<AtomicU32>) -> NodeAddr {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = NodeAddr::new("127.0.0.1", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let primary = primary.clone();
            tokio::spawn(async move {
                let mut buffer = [0; 4096];
                while let Ok(n @ 1..) = stream.read(&mut buffer).await {
                    let text = String::from_utf8_lossy(&buffer[..n]).into_owned();
                    let mut reply = String::new();
                    for word in text.split("\r\n") {
                        match word {
                            "HELLO" => reply += "%1\r\n+mode\r\n+sentinel\r\n",
                            "SETINFO" => reply += "+OK\r\n",
                            "mymaster" => {
                                let port = primary.load(Ordering::SeqCst).to_string();
                                reply += &format!(
                                    "*2\r\n$9\r\n127.0.0.1\r\n${}\r\n{port}\r\n",
                                    port.len()
                                );
                            }
                            _ => {}
                        }
                    }
                    if stream.write_all(reply.as_bytes()).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    addr
}

async fn sentinels_name_the_primary(binary: &Path) {
    let mut first = Server::start(binary, &[]);
    let second = Server::start(binary, &[]);
    let primary = Arc::new(AtomicU32::new(u32::from(first.port)));
    // The first of the sentinels is dead.
    let dead = NodeAddr::new("127.0.0.1", 1);
    let sentinels = vec![dead, sentinel(primary.clone()).await];
    let client = Client::builder()
        .seed_source(SentinelSeeds::new(sentinels, "mymaster"))
        .mode(Mode::Standalone)
        .timeout(Duration::from_secs(10))
        .unavailable_wait(Duration::from_secs(8))
        .connect()
        .await
        .unwrap();
    client.set("a", 1).await.unwrap();
    first.kill();
    primary.store(u32::from(second.port), Ordering::SeqCst);
    // It may reach the connection before its end does, so the risk of a repetition is taken.
    assert_eq!(client.set("b", 2).idempotent().await.unwrap().as_deref(), Some(&b"OK"[..]));
    assert!(second.call(&["GET", "b"]).contains('2'));
}

async fn seeds_come_from_a_file(binary: &Path) {
    let server = Server::start(binary, &[]);
    let path = std::env::temp_dir().join(format!("tsubame-seeds-{}", rand::random::<u32>()));
    std::fs::write(&path, format!("# the only one\n{}\n", server.addr())).unwrap();
    let client = Client::builder().seed_source(FileSeeds::new(&path)).connect().await.unwrap();
    client.set("a", 1).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let missing = Client::builder().seed_source(FileSeeds::new(&path));
    let error = missing.boot_timeout(Duration::from_millis(100)).connect().await.unwrap_err();
    assert!(error.to_string().contains("source of seeds"), "{error}");
}
