//! A network between the server and PostgreSQL that can be cut to the message: before a COMMIT arrives, or
//! after it was done and before that is told.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// When a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// A COMMIT is on its way to the server, which does not get it.
    BeforeCommit,
    /// A COMMIT is done, and the server's word of it is on its way to the client, who does not get it.
    AfterCommit,
}

/// What the connections of a proxy share.
#[derive(Debug, Default)]
struct Shared {
    /// The next cut; taken by the connection that comes by first.
    armed: Mutex<Option<Cut>>,
    /// How often it was cut before and after.
    before: AtomicU64,
    after: AtomicU64,
    /// Messages to the server since they were last counted from, and the one that is not passed on.
    messages: AtomicU64,
    cut_at: AtomicU64,
    /// Every connection's two directions.
    running: Mutex<Vec<JoinHandle<()>>>,
}

/// The proxy; it ends with its owner.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
    address: SocketAddr,
}

impl Proxy {
    /// Leads to the PostgreSQL at `address`.
    pub async fn to(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let own = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let accepting = tokio::spawn({
            let shared = shared.clone();
            async move {
                loop {
                    let (client, _) = listener.accept().await.unwrap();
                    // A server that is down is as one that does not answer.
                    let Ok(server) = TcpStream::connect(&address).await else { continue };
                    let running = tokio::spawn(connection(shared.clone(), client, server));
                    shared.running.lock().unwrap().push(running);
                }
            }
        });
        Self { shared, accepting, address: own }
    }

    /// The database URL that leads through it, for one that leads to its server.
    pub fn url(&self, direct: &str) -> String {
        let (start, end) = split(direct);
        format!("{start}{}{end}", self.address)
    }

    /// Cuts at the next COMMIT.
    pub fn arm(&self, cut: Cut) {
        *self.shared.armed.lock().unwrap() = Some(cut);
    }

    /// Whether the cut that was armed last is still to come.
    pub fn is_armed(&self) -> bool {
        self.shared.armed.lock().unwrap().is_some()
    }

    /// Counts messages to the server from now on, and cuts at this one.
    pub fn cut_at_message(&self, number: u64) {
        self.shared.cut_at.store(number, Ordering::SeqCst);
        self.shared.messages.store(0, Ordering::SeqCst);
    }

    /// How many messages were sent to the server.
    pub fn messages(&self) -> u64 {
        self.shared.messages.load(Ordering::SeqCst)
    }

    /// Cuts all connections at once.
    pub fn cut_all(&self) {
        self.shared.running.lock().unwrap().drain(..).for_each(|one| one.abort());
    }

    /// How often it was cut before a COMMIT arrived, and after it was done.
    pub fn cuts(&self) -> (u64, u64) {
        (self.shared.before.load(Ordering::SeqCst), self.shared.after.load(Ordering::SeqCst))
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut_all();
    }
}

/// The address in a database URL.
pub fn address(url: &str) -> String {
    let (start, end) = split(url);
    url[start.len()..url.len() - end.len()].to_owned()
}

/// What stands before and after the address in a database URL.
fn split(url: &str) -> (&str, &str) {
    let (user, rest) = url.split_once('@').expect("the tests' URLs name a role");
    let path = rest.find('/').expect("and a database");
    (&url[..=user.len()], &rest[path..])
}

impl Shared {
    /// Whether this is where the armed cut is to be.
    fn take(&self, here: Cut) -> bool {
        let mut armed = self.armed.lock().unwrap();
        if *armed != Some(here) {
            return false;
        }
        let counter = if here == Cut::BeforeCommit { &self.before } else { &self.after };
        counter.fetch_add(1, Ordering::SeqCst);
        *armed = None;
        true
    }
}

/// Leads one connection's messages both ways until one side ends it or it is cut.
async fn connection(shared: Arc<Shared>, client: TcpStream, server: TcpStream) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = async {
        // The first message has no type.
        let mut first = vec![0; 4];
        from_client.read_exact(&mut first).await.ok()?;
        first.resize(length(&first), 0);
        from_client.read_exact(&mut first[4..]).await.ok()?;
        to_server.write_all(&first).await.ok()?;
        // A query in text, as `COMMIT` is.
        lead(&mut from_client, &mut to_server, |kind, body| {
            let number = shared.messages.fetch_add(1, Ordering::SeqCst) + 1;
            number == shared.cut_at.load(Ordering::SeqCst)
                || kind == b'Q' && body == b"COMMIT\0" && shared.take(Cut::BeforeCommit)
        })
        .await
    };
    let back = lead(&mut from_server, &mut to_client, |kind, body| {
        kind == b'C' && body == b"COMMIT\0" && shared.take(Cut::AfterCommit)
    });
    // Whichever ends first, both sides of the connection are dropped with it.
    tokio::select! {
        _ = there => {}
        _ = back => {}
    }
}

/// Passes messages on until one is to be cut, or nothing comes any more.
async fn lead(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    is_cut: impl Fn(u8, &[u8]) -> bool,
) -> Option<()> {
    loop {
        let mut message = vec![0; 5];
        from.read_exact(&mut message).await.ok()?;
        message.resize(1 + length(&message[1..]), 0);
        from.read_exact(&mut message[5..]).await.ok()?;
        if is_cut(message[0], &message[5..]) {
            return None;
        }
        to.write_all(&message).await.ok()?;
    }
}

/// How long a message says it is.
fn length(bytes: &[u8]) -> usize {
    u32::from_be_bytes(bytes[..4].try_into().unwrap()) as usize
}
