//! Who asks, and what they may do.
//!
//! * [`RIGHTS`] is the one table, act × role; what is not in it is denied.
//! * A role is held on an area (and reaches all below it), on a fund, or on a party.
//! * Operations check before they load anything to change; reads check a node wherever it is reached from.

mod action;
mod grant;
mod request;
pub mod store;
pub mod token;
mod write;

use async_graphql::Enum;
use chrono::{DateTime, NaiveDate, Utc};

pub use action::{Action, value_name};
pub use grant::{OPERATOR, Scene, give, operator, principal};
pub use request::{Beside, Load, Request, by_page, deal};
pub use write::{settle, write};

use crate::{
    error::{Denied, Error, Result},
    id::{FundId, PartyId, PrincipalId},
};

/// What a principal is to an area, a fund or a party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Enum, sqlx::Type, clap::ValueEnum)]
#[sqlx(type_name = "TEXT", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Works for the charity association that holds the funds.
    HostOfficer,
    /// Works for the street office that oversees its communities' funds.
    StreetOfficer,
    /// Keeps a community's projects and books.
    CommunityStaff,
    /// Sits on a fund's committee.
    CommitteeMember,
    /// Speaks for one party.
    PartyRepresentative,
    /// Reads everything in an area, writes nothing.
    Auditor,
}

/// Something a viewer may or may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    /// Create areas, hosts, funds and purposes.
    SetUp,
    /// Register parties and where they are active.
    RegisterParty,
    /// Propose projects and micro-grants.
    Propose,
    /// Move a project from state to state, and record what was reached or paid outside.
    RunProject,
    /// Propose to a contest.
    EnterContest,
    /// Apply for a micro-grant, and report on one.
    ApplyForGrant,
    /// Offer a pledge, or cancel one.
    OfferPledge,
    /// Accept a pledge or declare it lapsed, amend it, correct or waive what is due of it.
    AcceptPledge,
    /// Report what was sold.
    ReportSales,
    /// Record agreements, open and close campaigns.
    RunCampaign,
    /// Book money that has arrived, and refunds.
    BookContribution,
    /// Form committees, and fill their seats.
    FormCommittee,
    /// Open a motion, or withdraw one.
    OpenMotion,
    /// Vote, close motions, record a committee's resolution, annul one.
    Decide,
    /// Judge projects: what is published for funding, what is rejected, what is accepted when it is done.
    Review,
    /// Draft, check, publish and correct what is published.
    Disclose,
    /// Approve what is to be published.
    ApproveDisclosure,
    /// Allocate, pay, release and return money.
    BookSpending,
    /// Reverse an entry.
    Reverse,
    /// Change a gift or the money an expense was paid with.
    Correct,
    /// Do what only the host answers for: move money between funds, write off, cover a loss.
    ActAsHost,
    /// Upload files and import them; each row needs the right of what it does besides.
    Import,
    /// Record the lines of bank statements, and match them to entries.
    KeepBank,
    /// Read pledges, gifts and where each is, by party.
    ReadGiving,
    /// Read entries and postings.
    ReadJournal,
    /// Read who a resident is.
    ReadResident,
    /// Read what came of an import, with the rows that were refused.
    ReadImport,
}

use Role::{Auditor, CommitteeMember, CommunityStaff, HostOfficer, PartyRepresentative, StreetOfficer};

/// Which roles allow which act. Everything else that the API shows is open to the public.
pub const RIGHTS: &[(Act, &[Role])] = &[
    (Act::SetUp, &[HostOfficer]),
    (Act::RegisterParty, &[HostOfficer, StreetOfficer, CommunityStaff]),
    (Act::Propose, &[HostOfficer, StreetOfficer, CommunityStaff, CommitteeMember]),
    (Act::RunProject, &[HostOfficer, StreetOfficer, CommunityStaff]),
    (Act::EnterContest, &[HostOfficer, StreetOfficer, CommunityStaff, CommitteeMember, PartyRepresentative]),
    (Act::ApplyForGrant, &[HostOfficer, CommunityStaff, PartyRepresentative]),
    (Act::OfferPledge, &[HostOfficer, CommunityStaff, PartyRepresentative]),
    (Act::AcceptPledge, &[HostOfficer, CommunityStaff]),
    (Act::ReportSales, &[HostOfficer, CommunityStaff, PartyRepresentative]),
    (Act::RunCampaign, &[HostOfficer, StreetOfficer, CommunityStaff]),
    (Act::BookContribution, &[HostOfficer, CommunityStaff]),
    (Act::FormCommittee, &[HostOfficer, StreetOfficer]),
    (Act::OpenMotion, &[HostOfficer, StreetOfficer, CommunityStaff, CommitteeMember]),
    (Act::Decide, &[HostOfficer, CommitteeMember]),
    (Act::Review, &[HostOfficer, StreetOfficer, CommitteeMember]),
    (Act::Disclose, &[HostOfficer, CommunityStaff]),
    (Act::ApproveDisclosure, &[HostOfficer, StreetOfficer, CommitteeMember]),
    (Act::BookSpending, &[HostOfficer, CommunityStaff]),
    (Act::Reverse, &[HostOfficer, CommunityStaff]),
    (Act::Correct, &[HostOfficer, CommunityStaff]),
    (Act::ActAsHost, &[HostOfficer]),
    (Act::Import, &[HostOfficer, StreetOfficer, CommunityStaff]),
    (Act::KeepBank, &[HostOfficer, CommunityStaff]),
    (Act::ReadGiving, &[HostOfficer, StreetOfficer, CommunityStaff, CommitteeMember, PartyRepresentative, Auditor]),
    (Act::ReadJournal, &[HostOfficer, StreetOfficer, CommunityStaff, CommitteeMember, Auditor]),
    (Act::ReadResident, &[HostOfficer, StreetOfficer, CommunityStaff, PartyRepresentative, Auditor]),
    (Act::ReadImport, &[HostOfficer, StreetOfficer, CommunityStaff, Auditor]),
];

/// What a role is held on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// The area with this path, and all below it.
    Area(String),
    /// One fund.
    Fund(FundId),
    /// One party.
    Party(PartyId),
}

/// What an act is about.
#[derive(Clone, Copy, Debug)]
pub enum On<'a> {
    /// The area with this path.
    Area(&'a str),
    /// A fund, with the path of its area.
    Fund(FundId, &'a str),
    /// A party.
    Party(PartyId),
}

/// Who asks.
#[derive(Clone, Debug, Default)]
pub struct Viewer {
    /// `None` for the public.
    pub principal: Option<PrincipalId>,
    /// The roles held.
    pub grants: Vec<(Role, Held)>,
    /// Whether the token may only read.
    pub read_only: bool,
    /// Whoever runs the command line on the database itself may do everything.
    operator: bool,
}

impl Viewer {
    /// Whoever asks without a token.
    pub fn public() -> Self {
        Self::default()
    }

    /// The person at the command line, who holds the database anyway; acts in the name of `principal`.
    pub fn operator(principal: PrincipalId) -> Self {
        Self { principal: Some(principal), operator: true, ..Self::default() }
    }

    /// Whether this is whoever holds the database.
    pub fn is_operator(&self) -> bool {
        self.operator
    }

    /// Whether `act` on `on` is allowed.
    pub fn may(&self, act: Act, on: On<'_>) -> bool {
        if self.operator {
            return true;
        }
        let reads = matches!(act, Act::ReadGiving | Act::ReadJournal | Act::ReadResident | Act::ReadImport);
        if self.read_only && !reads {
            return false;
        }
        let roles = RIGHTS.iter().find(|(right, _)| *right == act).map_or(&[][..], |(_, roles)| roles);
        self.grants.iter().any(|(role, held)| roles.contains(role) && held.covers(on))
    }

    /// Whether the viewer speaks for `party`.
    pub fn speaks_for(&self, party: PartyId) -> bool {
        let speaks = |(role, held): &(Role, Held)| *role == PartyRepresentative && *held == Held::Party(party);
        self.grants.iter().any(speaks)
    }

    /// Checks that `act` is allowed on one of `ons`.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub fn must(&self, act: Act, ons: &[On<'_>]) -> Result<()> {
        if ons.iter().any(|on| self.may(act, *on)) { Ok(()) } else { Err(self.denied(act)) }
    }

    /// The denial of `act` to this viewer.
    pub fn denied(&self, act: Act) -> Error {
        Error::Denied(Denied { act: format!("{act:?}"), anonymous: self.principal.is_none() })
    }

    /// Who is acting.
    ///
    /// # Errors
    /// [`Error::Denied`] for the public, which never acts.
    pub fn actor(&self) -> Result<PrincipalId> {
        self.principal.ok_or_else(|| Error::Denied(Denied { act: "this".into(), anonymous: true }))
    }

    /// The funds and areas in which `act` is allowed, for the condition of a list; `None` for all.
    pub fn reach(&self, act: Act) -> Option<Vec<&Held>> {
        if self.operator {
            return None;
        }
        let roles = RIGHTS.iter().find(|(right, _)| *right == act).map_or(&[][..], |(_, roles)| roles);
        Some(self.grants.iter().filter(|(role, _)| roles.contains(role)).map(|(_, held)| held).collect())
    }
}

impl Held {
    fn covers(&self, on: On<'_>) -> bool {
        match (self, on) {
            (Self::Area(held), On::Area(path) | On::Fund(_, path)) => path.starts_with(held.as_str()),
            (Self::Fund(held), On::Fund(fund, _)) => *held == fund,
            (Self::Party(held), On::Party(party)) => *held == party,
            _ => false,
        }
    }
}

/// Who acts, and when: what every operation is given besides its input.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Who.
    pub viewer: &'a Viewer,
    /// The instant.
    pub now: DateTime<Utc>,
    /// The day, in China.
    pub today: NaiveDate,
}
