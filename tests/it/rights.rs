//! Who may do what: the table of acts and roles, and one verdict on a node however it is reached.

use cobuild::{
    id::{FundId, PartyId, PrincipalId},
    viewer::{Act, Held, On, RIGHTS, Role, Viewer},
};
use serde_json::{Value, json};

use crate::{socket::Site, support::on_both};

const ROLES: [Role; 6] = [
    Role::HostOfficer,
    Role::StreetOfficer,
    Role::CommunityStaff,
    Role::CommitteeMember,
    Role::PartyRepresentative,
    Role::Auditor,
];

/// Each act, whether a token that only reads may do it, and the roles that allow it, as `ROLES` stand:
/// written a second time, by hand, so that a change of the table is a decision.
const TABLE: [(Act, bool, &str); 27] = [
    (Act::SetUp, false, "H-----"),
    (Act::RegisterParty, false, "HSC---"),
    (Act::Propose, false, "HSCM--"),
    (Act::RunProject, false, "HSC---"),
    (Act::EnterContest, false, "HSCMP-"),
    (Act::ApplyForGrant, false, "H-C-P-"),
    (Act::OfferPledge, false, "H-C-P-"),
    (Act::AcceptPledge, false, "H-C---"),
    (Act::ReportSales, false, "H-C-P-"),
    (Act::RunCampaign, false, "HSC---"),
    (Act::BookContribution, false, "H-C---"),
    (Act::FormCommittee, false, "HS----"),
    (Act::OpenMotion, false, "HSCM--"),
    (Act::Decide, false, "H--M--"),
    (Act::Review, false, "HS-M--"),
    (Act::Disclose, false, "H-C---"),
    (Act::ApproveDisclosure, false, "HS-M--"),
    (Act::BookSpending, false, "H-C---"),
    (Act::Reverse, false, "H-C---"),
    (Act::Correct, false, "H-C---"),
    (Act::ActAsHost, false, "H-----"),
    (Act::Import, false, "HSC---"),
    (Act::KeepBank, false, "H-C---"),
    (Act::ReadGiving, true, "HSCMPA"),
    (Act::ReadJournal, true, "HSCM-A"),
    (Act::ReadResident, true, "HSC-PA"),
    (Act::ReadImport, true, "HSC--A"),
];

/// A community at `/1/2/3/` with a fund, its street, its district; the community beside it, and one whose
/// key begins with the same digit.
const HERE: &str = "/1/2/3/";
const FUND: FundId = FundId(7);
const PARTY: PartyId = PartyId(5);

fn holder(role: Role, held: Held) -> Viewer {
    let mut viewer = Viewer::public();
    (viewer.principal, viewer.grants) = (Some(PrincipalId(1)), vec![(role, held)]);
    viewer
}

#[test]
fn a_role_allows_what_the_table_says_where_it_is_held_and_nowhere_else() {
    let area = |path: &str| Held::Area(path.to_owned());
    // What a role is held on; whether it reaches the area, the fund and the party of the test.
    let scenes = [
        (area("/1/"), [true, true, false]),
        (area("/1/2/"), [true, true, false]),
        (area(HERE), [true, true, false]),
        (area("/1/2/3/4/"), [false, false, false]),
        (area("/1/2/30/"), [false, false, false]),
        (area("/1/2/9/"), [false, false, false]),
        (area("/3/"), [false, false, false]),
        (Held::Fund(FUND), [false, true, false]),
        (Held::Fund(FundId(3)), [false, false, false]),
        (Held::Party(PARTY), [false, false, true]),
        (Held::Party(PartyId(7)), [false, false, false]),
    ];
    let ons = [On::Area(HERE), On::Fund(FUND, HERE), On::Party(PARTY)];
    let mut asked = 0;
    for (act, reads, marks) in TABLE {
        for (role, mark) in ROLES.into_iter().zip(marks.chars()) {
            for (held, reaches) in &scenes {
                let viewer = holder(role, held.clone());
                let mut reader = viewer.clone();
                reader.read_only = true;
                for (on, reaches) in ons.into_iter().zip(reaches) {
                    let expected = mark != '-' && *reaches;
                    assert_eq!(viewer.may(act, on), expected, "{act:?} by {role:?} of {held:?} on {on:?}");
                    assert_eq!(reader.may(act, on), expected && reads, "{act:?} by a reading {role:?} on {on:?}");
                    assert_eq!(viewer.must(act, &[on]).is_ok(), expected);
                    asked += 1;
                }
            }
        }
    }
    assert_eq!(asked, 27 * 6 * 11 * 3);
}

#[test]
fn what_is_not_in_the_table_is_denied() {
    let acts: Vec<Act> = RIGHTS.iter().map(|(act, _)| *act).collect();
    assert_eq!(acts, TABLE.map(|(act, ..)| act), "an act that the table does not have is nobody's");
    for (act, ..) in TABLE {
        for on in [On::Area(HERE), On::Fund(FUND, HERE), On::Party(PARTY)] {
            assert!(!Viewer::public().may(act, on), "{act:?} by the public");
            assert!(Viewer::public().must(act, &[]).is_err(), "{act:?} on nothing");
            let mut nobody = Viewer::public();
            nobody.principal = Some(PrincipalId(1));
            assert!(!nobody.may(act, on), "{act:?} by a principal without a role");
            assert!(Viewer::operator(PrincipalId(1)).may(act, on));
        }
    }
    assert!(Viewer::public().actor().is_err());
    assert!(Viewer::public().denied(Act::SetUp).message(Default::default()).contains("not open to the public"));
}

/// A thing that not everybody may read, by its id and by a way that leads to it: the queries, and where in the
/// answer it is. What is absent or null in the answer was not given.
struct Way {
    what: &'static str,
    direct: &'static str,
    direct_at: &'static str,
    through: &'static str,
    through_at: &'static str,
    /// Whether the public, another party's representative, the giver's and an auditor of the fund are given it.
    given: [bool; 4],
    /// Whether the list on the way holds what the viewer may read and is no refusal: a giver's own lines.
    narrows: bool,
}

const WAYS: [Way; 11] = [
    Way {
        what: "the gifts that wait for a project",
        direct: "query($project: ID!) { node(id: $project) { ... on Project {
            funding { waitingGifts(first: 1) { edges { node { id } } } } } } }",
        direct_at: "/data/node/funding/waitingGifts/edges/0/node/id",
        through: "{ project(code: \"P3\", fundCode: \"F1\") { funding { waitingGifts(first: 1) { edges { node { id } } } } } }",
        through_at: "/data/project/funding/waitingGifts/edges/0/node/id",
        given: [false, false, false, true],
        narrows: false,
    },
    Way {
        what: "a lot",
        direct: "query($lot: ID!) { node(id: $lot) { id } }",
        direct_at: "/data/node/id",
        through: "query($contribution: ID!) { node(id: $contribution) { ... on Contribution {
            lots(first: 1) { edges { node { id } } } } } }",
        through_at: "/data/node/lots/edges/0/node/id",
        given: [false, false, true, true],
        narrows: true,
    },
    Way {
        what: "a pledge",
        direct: "query($pledge: ID!) { node(id: $pledge) { id } }",
        direct_at: "/data/node/id",
        through: "query($unit: ID!) { party(id: $unit) { pledges(first: 1) { edges { node { id } } } } }",
        through_at: "/data/party/pledges/edges/0/node/id",
        given: [false, false, true, true],
        narrows: false,
    },
    Way {
        what: "an entry",
        direct: "query($entry: ID!) { node(id: $entry) { id } }",
        direct_at: "/data/node/id",
        through: "query($fund: ID!) { node(id: $fund) { ... on Fund { entries(first: 1) { edges { node { id } } } } } }",
        through_at: "/data/node/entries/edges/0/node/id",
        given: [false, false, false, true],
        narrows: false,
    },
    Way {
        what: "an import",
        direct: "query($import: ID!) { node(id: $import) { id } }",
        direct_at: "/data/node/id",
        through: "query($fund: ID!) { node(id: $fund) { ... on Fund { importJobs(first: 1) { edges { node { id } } } } } }",
        through_at: "/data/node/importJobs/edges/0/node/id",
        given: [false, false, false, true],
        narrows: false,
    },
    Way {
        what: "a bank line",
        direct: "query($line: ID!) { node(id: $line) { id } }",
        direct_at: "/data/node/id",
        through: "query($fund: ID!) { node(id: $fund) { ... on Fund { bankLines(first: 1) { edges { node { id } } } } } }",
        through_at: "/data/node/bankLines/edges/0/node/id",
        given: [false, false, false, true],
        narrows: false,
    },
    Way {
        what: "the uses of a contribution",
        direct: "query($contribution: ID!) { node(id: $contribution) { ... on Contribution {
            uses(first: 1) { edges { cursor } } } } }",
        direct_at: "/data/node/uses/edges/0/cursor",
        through: "query($fund: ID!) { node(id: $fund) { ... on Fund { contributions(first: 1) { edges { node {
            uses(first: 1) { edges { cursor } } } } } } } }",
        through_at: "/data/node/contributions/edges/0/node/uses/edges/0/cursor",
        given: [false, false, true, true],
        narrows: false,
    },
    Way {
        what: "what a party gave",
        direct: "query($unit: ID!) { node(id: $unit) { ... on PartnerUnit { giving { __typename } } } }",
        direct_at: "/data/node/giving/__typename",
        through: "query($fund: ID!) { node(id: $fund) { ... on Fund { contributions(first: 1) { edges { node {
            payer { giving { __typename } } } } } } } }",
        through_at: "/data/node/contributions/edges/0/node/payer/giving/__typename",
        given: [false, false, true, true],
        narrows: false,
    },
    Way {
        what: "the statement of a party",
        direct: "query($unit: ID!) { node(id: $unit) { ... on PartnerUnit {
            statement(period: { from: \"2024-01-01\", to: \"2024-12-31\" }) { __typename } } } }",
        direct_at: "/data/node/statement/__typename",
        through: "query($fund: ID!) { node(id: $fund) { ... on Fund { contributions(first: 1) { edges { node {
            payer { statement(period: { from: \"2024-01-01\", to: \"2024-12-31\" }) { __typename } } } } } } } }",
        through_at: "/data/node/contributions/edges/0/node/payer/statement/__typename",
        given: [false, false, true, true],
        narrows: false,
    },
    Way {
        what: "what a group gave back",
        direct: "query($group: ID!) { node(id: $group) { ... on Group { feedback { __typename } } } }",
        direct_at: "/data/node/feedback/__typename",
        through: "query($fund: ID!) { node(id: $fund) { ... on Fund { grantRounds(first: 1) { edges { node {
            judges { party { ... on Group { feedback { __typename } } } } } } } } } }",
        through_at: "/data/node/grantRounds/edges/0/node/judges/2/party/feedback/__typename",
        given: [false, true, false, true],
        narrows: false,
    },
    Way {
        what: "the statement of a fund",
        direct: "query($fund: ID!) { node(id: $fund) { ... on Fund {
            statement(period: { from: \"2024-01-01\", to: \"2024-12-31\" }) { __typename } } } }",
        direct_at: "/data/node/statement/__typename",
        through: "query($fund: ID!) { node(id: $fund) { ... on Fund { projects(first: 1) { edges { node {
            fund { statement(period: { from: \"2024-01-01\", to: \"2024-12-31\" }) { __typename } } } } } } } }",
        through_at: "/data/node/projects/edges/0/node/fund/statement/__typename",
        given: [false, false, false, true],
        narrows: false,
    },
];

/// What the answer says: whether the thing is there, and else the code of the refusal.
fn verdict(answer: &Value, at: &str) -> (bool, Option<String>) {
    let given = answer.pointer(at).is_some_and(|value| !value.is_null());
    let code = answer.pointer("/errors/0/extensions/code").and_then(Value::as_str).map(str::to_owned);
    (given, code)
}

on_both! {
    async fn a_node_is_given_to_whom_its_edges_are(fixture: Fixture) {
        let mut site = Site::open(&fixture).await;
        site.fill().await;
        site.ask_for_money().await;
        for (name, called) in [("lot", "@free.0"), ("pledge", "@promise"), ("entry", "@entry 1"), ("contribution", "@free"), ("fund", "@F1"), ("line", "@line 1"), ("import", "@import"), ("project", "@P3")] {
            let id = site.named(called);
            site.name(name, &json!(id));
        }
        let representative = |name: &str, party: &str| site.token(name, &["--role", "party-representative", "--party", party]);
        let tokens = [
            ("the public", None),
            ("another's representative", Some(representative("Other", "@group"))),
            ("the giver's representative", Some(representative("Giver", "@unit"))),
            ("an auditor", Some(site.token("Auditor", &["--role", "auditor", "--fund", "F1"]))),
        ];
        let ids = json!({ "lot": "@lot", "pledge": "@pledge", "entry": "@entry", "contribution": "@contribution", "line": "@line",
            "import": "@import", "project": "@project",
            "fund": "@fund", "unit": "@unit", "group": "@group" });
        let mut wrong = vec![];
        for way in WAYS {
            for ((who, token), given) in tokens.iter().zip(way.given) {
                let mut told = vec![];
                for (query, at) in [(way.direct, way.direct_at), (way.through, way.through_at)] {
                    let used = ids.as_object().unwrap().iter().filter(|(name, _)| query.contains(&format!("${name}:")));
                    let variables: serde_json::Map<_, _> = used.map(|(name, id)| (name.clone(), id.clone())).collect();
                    let answer = site.ask(token.as_deref(), "en", query, Value::Object(variables)).await;
                    told.push(verdict(&answer, at));
                }
                let code = match (given, token) {
                    (true, _) => None,
                    (false, None) => Some("UNAUTHENTICATED".to_owned()),
                    (false, Some(_)) => Some("FORBIDDEN".to_owned()),
                };
                let through = code.clone().filter(|_| !way.narrows || token.is_none());
                if told != [(given, code), (given, through)] {
                    wrong.push(format!("{} for {who}: {told:?}", way.what));
                }
            }
        }
        assert_eq!(wrong, Vec::<String>::new());
        site.close().await;
    }
}
