//! A toy graph for the tests of the gate and of HTTP: one of everything they treat differently.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use async_graphql::{
    Context, Enum, Error, ErrorExtensions, ID, InputObject, InputValueError, InputValueResult, Interface, Object,
    OneofObject, Scalar, ScalarType, Schema, SimpleObject, Subscription, Union, ValidationMode, Value,
};
use futures_util::stream::{self, Stream};
use tokio::sync::Notify;

/// How often resolvers ran.
#[derive(Default)]
pub struct Counts {
    /// Mutation fields.
    pub bumps: AtomicUsize,
    /// `Item.owner`.
    pub owners: AtomicUsize,
    /// `slowBump` has begun.
    pub begun: Notify,
    /// `slowBump` may go on.
    pub go_on: Notify,
    /// `slowBump` has counted.
    pub done: Notify,
}

pub type ToySchema = Schema<Query, Mutation, Events>;

pub fn schema() -> (ToySchema, Arc<Counts>) {
    schema_with(ValidationMode::Strict)
}

/// A schema whose own validation is as strict as it is told; the strict one refuses some valid documents.
pub fn schema_with(mode: ValidationMode) -> (ToySchema, Arc<Counts>) {
    let counts = Arc::new(Counts::default());
    let schema = Schema::build(Query, Mutation, Events).validation_mode(mode).data(Arc::clone(&counts)).finish();
    (schema, counts)
}

macro_rules! text_scalar {
    ($name:ident) => {
        pub struct $name(String);

        #[Scalar]
        impl ScalarType for $name {
            fn parse(value: Value) -> InputValueResult<Self> {
                match value {
                    Value::String(text) => Ok(Self(text)),
                    Value::Number(number) => Ok(Self(number.to_string())),
                    other => Err(InputValueError::expected_type(other)),
                }
            }

            fn to_value(&self) -> Value {
                Value::String(self.0.clone())
            }
        }
    };
}

text_scalar!(Decimal);
text_scalar!(Date);
text_scalar!(DateTime);

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum Currency {
    Cny,
    Eur,
}

#[derive(InputObject)]
pub struct MoneyInput {
    amount: Decimal,
    currency: Currency,
}

#[derive(OneofObject)]
pub enum TargetInput {
    User(ID),
    Item(ID),
}

#[derive(InputObject)]
pub struct PayInput {
    amount: MoneyInput,
    on: Option<Date>,
    at: Option<DateTime>,
    target: Option<TargetInput>,
    tags: Option<Vec<String>>,
    #[graphql(default = 7)]
    times: i32,
}

#[derive(SimpleObject, Clone)]
#[graphql(complex)]
pub struct User {
    #[graphql(skip)]
    id: ID,
    name: String,
}

#[async_graphql::ComplexObject]
impl User {
    async fn id(&self) -> ID {
        self.id.clone()
    }

    async fn items(&self, first: Option<i32>, last: Option<i32>) -> ItemConnection {
        let _ = last;
        ItemConnection::of(first)
    }

    async fn friend(&self) -> User {
        user("f")
    }
}

#[derive(Clone)]
pub struct Item(String);

#[Object]
impl Item {
    async fn id(&self) -> ID {
        ID(format!("i{}", self.0))
    }

    async fn title(&self) -> String {
        format!("Item {}", self.0)
    }

    async fn owner(&self, ctx: &Context<'_>) -> User {
        ctx.data_unchecked::<Arc<Counts>>().owners.fetch_add(1, SeqCst);
        user("o")
    }

    async fn size(&self, #[graphql(default = 3)] unit: i32) -> i32 {
        unit
    }
}

#[derive(SimpleObject)]
pub struct ItemEdge {
    cursor: String,
    node: Item,
}

#[derive(SimpleObject)]
pub struct ItemConnection {
    edges: Vec<ItemEdge>,
    total_count: i32,
}

impl ItemConnection {
    fn of(first: Option<i32>) -> Self {
        let edge = |index: i32| ItemEdge { cursor: format!("c{index}"), node: Item(index.to_string()) };
        Self { edges: (0..first.unwrap_or(2)).map(edge).collect(), total_count: 9 }
    }
}

#[derive(Interface, Clone)]
#[graphql(field(name = "id", ty = "ID"))]
pub enum Node {
    User(User),
    Item(Item),
}

#[derive(Union, Clone)]
pub enum Found {
    User(User),
    Item(Item),
}

/// Both kinds own something, so that a composite field can be asked of the interface and of its kinds.
#[derive(Interface, Clone)]
#[graphql(field(name = "owner", ty = "User"), field(name = "id", ty = "ID"))]
pub enum Owned {
    Item(Item),
    Thing(Thing),
}

#[derive(Clone)]
pub struct Thing;

#[Object]
impl Thing {
    async fn id(&self) -> ID {
        ID("t1".to_owned())
    }

    async fn owner(&self, ctx: &Context<'_>) -> User {
        ctx.data_unchecked::<Arc<Counts>>().owners.fetch_add(1, SeqCst);
        user("t")
    }
}

fn user(name: &str) -> User {
    User { id: ID(format!("u{name}")), name: name.to_owned() }
}

pub struct Query;

#[Object]
impl Query {
    async fn hello(&self, name: Option<String>) -> String {
        format!("Hello {}", name.unwrap_or_else(|| "world".to_owned()))
    }

    async fn node(&self, id: ID) -> Option<Node> {
        match id.as_str() {
            "u1" => Some(Node::User(user("1"))),
            "i1" => Some(Node::Item(Item("1".to_owned()))),
            _ => None,
        }
    }

    async fn nodes(&self, ids: Vec<ID>) -> Vec<Node> {
        ids.iter().map(|_| Node::User(user("n"))).collect()
    }

    async fn search(&self) -> Vec<Found> {
        vec![Found::User(user("1")), Found::Item(Item("1".to_owned()))]
    }

    async fn owned(&self) -> Vec<Owned> {
        vec![Owned::Item(Item("1".to_owned())), Owned::Thing(Thing)]
    }

    async fn items(&self, first: Option<i32>, last: Option<i32>) -> ItemConnection {
        let _ = last;
        ItemConnection::of(first)
    }

    async fn add(&self, a: i32, #[graphql(default = 10)] b: i32) -> i32 {
        a + b
    }

    async fn echo(&self, on: Option<Date>, list: Option<Vec<Vec<i32>>>) -> String {
        let on = on.map_or_else(|| "-".to_owned(), |on| on.0);
        format!("{on} {list:?}")
    }

    async fn colour(&self, currency: Currency) -> Currency {
        currency
    }

    async fn leak(&self) -> Option<async_graphql::Result<i32>> {
        let error = std::io::Error::other("relation \"secret\" does not exist");
        Some(Err(error.into()))
    }

    async fn leak_parse(&self) -> Option<async_graphql::Result<i32>> {
        let error = std::io::Error::other("Failed to parse \"/etc/secret\"");
        Some(Err(error.into()))
    }

    async fn forbidden(&self) -> Option<async_graphql::Result<i32>> {
        let error = Error::new("You may not.").extend_with(|_, e| e.set("code", "FORBIDDEN"));
        Some(Err(error))
    }

    async fn picky(&self, #[graphql(validator(maximum = 3))] number: i32) -> i32 {
        number
    }

    async fn boom(&self) -> i32 {
        let none: Option<i32> = std::hint::black_box(None);
        none.expect("secret of the house")
    }

    async fn slow(&self) -> i32 {
        std::future::pending().await
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn bump(&self, ctx: &Context<'_>) -> usize {
        let counts = ctx.data_unchecked::<Arc<Counts>>();
        counts.bumps.fetch_add(1, SeqCst) + 1
    }

    async fn bump_by(&self, ctx: &Context<'_>, #[graphql(default = 1)] by: usize) -> usize {
        let counts = ctx.data_unchecked::<Arc<Counts>>();
        counts.bumps.fetch_add(by, SeqCst) + by
    }

    async fn pay(&self, ctx: &Context<'_>, input: PayInput) -> String {
        let counts = ctx.data_unchecked::<Arc<Counts>>();
        counts.bumps.fetch_add(1, SeqCst);
        let on = input.on.map(|on| on.0).unwrap_or_default();
        let at = input.at.map(|at| at.0).unwrap_or_default();
        let target = match input.target {
            Some(TargetInput::User(id) | TargetInput::Item(id)) => id.0,
            None => String::new(),
        };
        let tags = input.tags.unwrap_or_default().join("+");
        let currency = match input.amount.currency {
            Currency::Cny => "CNY",
            Currency::Eur => "EUR",
        };
        let amount = input.amount.amount.0;
        format!("{amount} {currency} {on} {at} {target} {tags} {}", input.times)
    }

    /// Begins, waits until it is told to go on, counts, and says that it is done.
    async fn slow_bump(&self, ctx: &Context<'_>) -> usize {
        let counts = ctx.data_unchecked::<Arc<Counts>>();
        counts.begun.notify_one();
        counts.go_on.notified().await;
        let bumps = counts.bumps.fetch_add(1, SeqCst) + 1;
        counts.done.notify_one();
        bumps
    }
}

pub struct Events;

#[Subscription]
impl Events {
    async fn ticks(&self) -> impl Stream<Item = i32> {
        stream::iter([1, 2, 3])
    }
}
