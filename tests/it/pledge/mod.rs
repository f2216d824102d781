//! Pledges of every kind, the sales they follow, their dues and their settlement.

mod claims;
mod kinds;
mod rights;
pub mod sales;
mod settle;

use async_graphql::Variables;
use chrono::NaiveDate;
use cobuild::{
    api::schema::{Schema, build},
    clock::Clock,
    error::Language,
    id::{FundId, GlobalId, NodeKind, PartyId, PledgeId},
    ledger::{earmark::Restriction, idem::Origin, verify},
    money::Fen,
    pledge::{self, Entered, Offer, Terms},
    viewer::{Request, Viewer, settle},
};
use serde_json::{Value, json};

use crate::model::scene::Scene;

/// The books of two funds, and the graph over them.
pub struct Desk {
    pub scene: Scene,
    schema: Schema,
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn yuan(amount: &str) -> Value {
    json!({ "amount": amount })
}

impl Desk {
    pub async fn open(url: &str) -> Self {
        Self { scene: Scene::open(url).await, schema: build() }
    }

    pub fn fund(&self) -> FundId {
        self.scene.funds[0]
    }

    pub fn id(&self, kind: NodeKind, key: impl Into<i64>) -> Value {
        json!(GlobalId::new(kind, key).to_string())
    }

    /// What `viewer` is answered: data and errors.
    pub async fn ask(&self, viewer: &Viewer, query: &str, variables: Value) -> (Value, Vec<String>) {
        let clock = Clock::fixed(self.scene.now);
        let request = Request::new(self.scene.db.clone(), clock, viewer.clone(), Language::En);
        let query = async_graphql::Request::new(query).variables(Variables::from_json(variables)).data(request);
        let response = self.schema.execute(query).await;
        let errors = response.errors.iter().map(|error| error.message.clone()).collect();
        (response.data.into_json().unwrap(), errors)
    }

    /// What the operator is answered, without errors.
    pub async fn read(&self, query: &str, variables: Value) -> Value {
        let (data, errors) = self.ask(&self.scene.viewer, query, variables).await;
        assert_eq!(errors, Vec::<String>::new());
        data
    }

    async fn payload(&self, name: &str, input: Value, selection: &str) -> Value {
        self.read(&mutation(name, selection), json!({ "input": input })).await[name].take()
    }

    /// What the mutation `name` made, by `selection`.
    pub async fn write(&self, name: &str, input: Value, selection: &str) -> Value {
        let payload = self.payload(name, input, selection).await;
        assert_eq!(payload["userErrors"], json!([]), "{name}");
        payload
    }

    /// The code and the field of the one refusal of the mutation `name`.
    pub async fn refused(&self, name: &str, input: Value) -> (String, String) {
        let payload = self.payload(name, input, "").await;
        let error = &payload["userErrors"][0];
        let field = error["field"].as_array().unwrap_or_else(|| panic!("{name}: {payload}")).iter();
        let field: Vec<&str> = field.map(|part| part.as_str().unwrap()).collect();
        (error["code"].as_str().unwrap().to_owned(), field.join("."))
    }

    /// Offers a pledge to the first fund, accepts it, and gives its id.
    pub async fn pledge(&self, key: &str, donor: usize, terms: Value, more: Value) -> Value {
        let mut input = json!({
            "idempotencyKey": key, "fundId": self.id(NodeKind::Fund, self.fund()), "donorId": self.party(donor),
            "offeredOn": "2025-05-01", "entered": "ACCEPTED", "terms": terms,
        });
        for (field, value) in more.as_object().into_iter().flatten() {
            input[field] = value.clone();
        }
        self.write("pledgeOffer", input, "pledge { id }").await["pledge"]["id"].take()
    }

    pub fn party(&self, number: usize) -> Value {
        use cobuild::party::PartyKind::{Department, Group, Merchant, PartnerUnit, Resident, SocialOrganization};
        let kind = match crate::model::oracle::PARTIES[number] {
            PartnerUnit => NodeKind::PartnerUnit,
            Merchant => NodeKind::Merchant,
            Group => NodeKind::Group,
            Department => NodeKind::Department,
            SocialOrganization => NodeKind::SocialOrganization,
            Resident => NodeKind::Resident,
        };
        self.id(kind, self.scene.parties[number])
    }

    /// A project of the first fund.
    pub async fn project(&self, code: &str) -> Value {
        let input = json!({
            "fundId": self.id(NodeKind::Fund, self.fund()), "areaId": self.id(NodeKind::Area, self.scene.areas[0]),
            "purposeId": self.id(NodeKind::Purpose, self.scene.purposes[1]), "code": code, "title": code,
            "summary": "Work.", "residents": 9, "proposedOn": "2026-01-10",
            "budget": [{ "label": "Work", "amount": yuan("500.00") }],
        });
        self.write("projectPropose", input, "project { id }").await["project"]["id"].take()
    }

    /// Takes accepted pledges over, each under an origin of its own.
    pub async fn take_over(&self, offers: &[Offer]) -> Vec<PledgeId> {
        let mut tx = self.scene.db.begin().await.unwrap();
        let keyed: Vec<_> = offers.iter().map(|offer| (None, offer.clone())).collect();
        let done = pledge::offer(&mut tx, self.scene.by(), self.fund(), &keyed).await;
        let done = settle(tx, done).await.unwrap();
        done.into_iter().map(|one| one.unwrap().pledge).collect()
    }

    pub async fn assert_clean(&self) {
        let report = verify::verify(&self.scene.db, |_| {}).await.unwrap();
        assert!(report.is_clean(), "{:#?}", report.broken().collect::<Vec<_>>());
    }
}

pub fn mutation(name: &str, selection: &str) -> String {
    let kind = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
    format!(
        "mutation($input: {kind}!) {{ {name}(input: $input) {{ {selection} userErrors {{ code field message }} }} }}"
    )
}

/// A fixed pledge that is taken over from a list.
pub fn listed(donor: PartyId, number: usize, amount: i64, due_on: NaiveDate) -> Offer {
    Offer {
        donor,
        terms: Terms::Fixed { amount: Fen(amount), due_on },
        restriction: Restriction::default(),
        offered_on: day("2026-01-01"),
        agreement: None,
        campaign: None,
        origin: Some(Origin { source: "list".into(), reference: number.to_string() }),
        entered: Entered::Accepted,
        note: String::new(),
    }
}
