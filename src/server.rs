//! The server: the graph, the page, and an orderly end.
//!
//! | path | what it gives |
//! |---|---|
//! | `/graphql` | the graph, by GraphQL over HTTP |
//! | `/` and `/app.js` | the page on which a person tries a query |
//! | `/schema.graphql` | the SDL |
//! | `/uploads/…` | takes a file in, see [`files`] |
//! | `/import/…`, `/imports/…` | imports without the graph, see [`imports`] |
//! | `/health` | 200 when the database answers, 503 when it does not |
//!
//! * Nothing in this process is needed by the next request: several servers may share one database.
//! * On SIGINT or SIGTERM no connection is taken any more, what runs is finished (mutations whose client has
//!   left too) within [`GRACE`], and the database is closed.

mod caller;
mod files;
mod imports;
mod in_hand;

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use anyhow::Context as _;
use poem::{
    Endpoint, EndpointExt as _, Response, Route, Server,
    endpoint::make,
    get,
    http::{HeaderName, StatusCode, header},
    listener::TcpAcceptor,
    middleware::SetHeader,
};
use tokio::{
    net::TcpListener,
    time::{Instant, timeout, timeout_at},
};

pub use crate::api::page::Example;
use crate::{
    api::{
        gate::{Gate, Limits},
        http, page, schema,
    },
    clock::Clock,
    db::Db,
    import::job::worker::{self, Bell},
    upload,
};
use files::Files;
use in_hand::InHand;

/// From the signal to stop until what still runs is left alone.
pub const GRACE: Duration = Duration::from_secs(10);

/// How long closing the database may take after that: a write in hand is finished first.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// A connection on which nothing moves for so long is closed; more than any request may take.
const IDLE_MAX: Duration = Duration::from_secs(75);

/// A database that takes longer to answer is not healthy.
const HEALTH_MAX: Duration = Duration::from_secs(2);

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where it listens, `host:port`; port 0 takes a free one.
    pub listen: String,
    /// What the page offers; the page has one of its own where this is empty.
    pub examples: Vec<Example>,
    /// The largest file that is taken, in bytes.
    pub upload_bytes_max: u64,
    /// How long another server waits before it takes over an import whose server does not answer.
    pub import_lease: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:0".into(),
            examples: vec![],
            upload_bytes_max: upload::BYTES_MAX,
            import_lease: worker::LEASE,
        }
    }
}

/// How many imports one server works on at once: a small one need not wait for a large one.
const WORKERS: usize = 2;

/// Serves until the process is told to stop, and closes the database.
///
/// `ready` is called once, with the address, when connections are accepted and signals are heeded.
///
/// # Errors
/// When the address cannot be listened on.
pub async fn serve(options: Options, db: Db, clock: Clock, ready: impl FnOnce(SocketAddr)) -> anyhow::Result<()> {
    let listener = TcpListener::bind(&options.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", options.listen))?;
    let address = listener.local_addr().context("the address that was bound is not known")?;
    let acceptor = TcpAcceptor::from_tokio(listener).context("the address that was bound is not known")?;
    let signal = stop_signal().context("signals cannot be heeded")?;
    let in_hand = InHand::default();
    let files =
        Files { db: db.clone(), clock: clock.clone(), in_hand: in_hand.clone(), bytes_max: options.upload_bytes_max };
    let bell = Bell::default();
    for _ in 0..WORKERS {
        let work = worker::work(db.clone(), clock.clone(), options.import_lease, bell.clone());
        let hold = in_hand.hold();
        tokio::spawn(async move {
            work.await;
            drop(hold);
        });
    }
    let app = app(db.clone(), clock, &options.examples, &in_hand, files);
    let deadline = OnceLock::new();
    ready(address);
    let stopping = async {
        signal.await;
        tracing::info!("stopping: what is in hand is finished first");
        bell.stop();
        deadline.get_or_init(|| Instant::now() + GRACE);
    };
    let server = Server::new_with_acceptor(acceptor).idle_timeout(IDLE_MAX);
    server.run_with_graceful_shutdown(app, stopping, Some(GRACE)).await.context("the server stopped")?;
    let deadline = *deadline.get_or_init(|| Instant::now() + GRACE);
    if timeout_at(deadline, in_hand.finished()).await.is_err() {
        tracing::warn!(left = in_hand.count(), "stopped before everything in hand was finished");
    }
    if timeout(CLOSE_MAX, db.close()).await.is_err() {
        tracing::warn!("stopped before the database was closed; what was not committed was not acknowledged");
    }
    Ok(())
}

/// The routes, for a server of one's own.
fn app(db: Db, clock: Clock, examples: &[Example], in_hand: &InHand, files: Files) -> impl Endpoint + 'static {
    let files = Arc::new(files);
    let sdl = schema::sdl();
    let gate = Arc::new(Gate::new(&sdl, Limits::default()));
    let prepare = caller::prepare(db.clone(), clock, in_hand.clone());
    Route::new()
        .at("/graphql", http::Endpoint::new(schema::build(), gate, prepare))
        .at("/", get(text("text/html; charset=utf-8", page::html(examples))))
        .at("/app.js", get(text("text/javascript; charset=utf-8", page::SCRIPT.into())))
        .at("/schema.graphql", get(text("text/plain; charset=utf-8", sdl)))
        .at("/uploads/:secret", files::uploads(files.clone()))
        .at("/import/:kind", imports::import(files.clone()))
        .at("/imports/:id", get(imports::status(files.clone())))
        .at("/imports/:id/result", get(imports::result_file(files)))
        .at("/health", get(health(db)))
        .with(
            SetHeader::new()
                .overriding(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
                .overriding(header::REFERRER_POLICY, "no-referrer")
                .overriding(header::CONTENT_SECURITY_POLICY, page::CSP)
                .overriding(HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        )
}

/// A text that does not change while the server runs; a new version must show at once.
fn text(content_type: &'static str, body: String) -> impl Endpoint<Output = Response> + 'static {
    let body = Arc::<str>::from(body);
    make(move |_| {
        let response = Response::builder().content_type(content_type).header(header::CACHE_CONTROL, "no-cache");
        let response = response.body(body.to_string());
        async move { response }
    })
}

/// Whether this server can do its work: it can when its database answers.
fn health(db: Db) -> impl Endpoint<Output = Response> + 'static {
    make(move |_| {
        let db = db.clone();
        async move {
            let healthy = match timeout(HEALTH_MAX, db.version()).await {
                Ok(Ok(_)) => true,
                Ok(Err(error)) => {
                    tracing::error!(%error, "the database does not answer");
                    false
                }
                Err(_) => false,
            };
            let (status, word) = match healthy {
                true => (StatusCode::OK, "ok"),
                false => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer"),
            };
            let engine = if db.is_sqlite() { "sqlite" } else { "postgres" };
            let body = serde_json::json!({ "status": word, "version": env!("CARGO_PKG_VERSION"), "engine": engine });
            let response = Response::builder().status(status).header(header::CACHE_CONTROL, "no-store");
            response.content_type("application/json").body(body.to_string())
        }
    })
}

/// Resolves when the process is told to stop. The signals are heeded from the call on, not from the first poll.
#[cfg(unix)]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves when the process is told to stop.
#[cfg(not(unix))]
fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    })
}
