//! Keys: `i64` inside, opaque typed global ids outside.
//!
//! Nothing is kept secret by an id: what a viewer may read is decided by who asks, never by what they know.

use std::{borrow::Cow, fmt, str::FromStr};

use crate::error::Error;
use async_graphql::{ID, InputType, InputValueError, InputValueResult, Value, registry::Registry};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// Declares a key of its own type for each table, so that one cannot stand for another.
macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, serde::Serialize, serde::Deserialize)]
        #[sqlx(transparent)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl From<i64> for $name {
            fn from(key: i64) -> Self {
                Self(key)
            }
        }

        impl From<$name> for i64 {
            fn from(key: $name) -> Self {
                key.0
            }
        }
    )*};
}

keys! {
    /// Key of an area.
    AreaId
    /// Key of a party.
    PartyId
    /// Key of a host.
    HostId
    /// Key of a purpose.
    PurposeId
    /// Key of a fund.
    FundId
    /// Key of a principal: who holds tokens and roles.
    PrincipalId
    /// Key of what money is spent on: a project or a micro-grant.
    TargetId
    /// Key of a milestone.
    MilestoneId
    /// Key of a restriction.
    EarmarkId
    /// Key of a pledge.
    PledgeId
    /// Key of a due of a pledge.
    DueId
    /// Key of an agreement.
    AgreementId
    /// Key of a campaign.
    CampaignId
    /// Key of a report of sales.
    SalesReportId
    /// Key of a committee.
    CommitteeId
    /// Key of a seat of a committee.
    SeatId
    /// Key of what a committee is to decide on.
    MotionId
    /// Key of a committee's decision.
    DecisionId
    /// Key of what is published of a fund or project.
    DisclosureId
    /// Key of a proposal contest.
    ContestId
    /// Key of what was proposed to a contest.
    ContestProposalId
    /// Key of a round of micro-venture grants.
    GrantRoundId
    /// Key of a judge of a round.
    GrantJudgeId
    /// Key of a change of a line in the register of groups.
    GroupChangeId
    /// Key of a group's application in a round.
    GrantApplicationId
    /// Key of an objection to an application.
    GrantObjectionId
    /// Key of a receipt, which the API calls a contribution.
    ReceiptId
    /// Key of a lot.
    LotId
    /// Key of an expense.
    ExpenseId
    /// Key of a refund.
    RefundId
    /// Key of a ledger account.
    AccountId
    /// Key of a ledger entry.
    EntryId
    /// Key of the declaration that a party is related.
    RelatedPartyId
    /// Key of a file that was uploaded.
    UploadId
    /// Key of an import.
    ImportJobId
    /// Key of a line of a bank statement.
    BankLineId
    /// Key of a match of bank lines and entries.
    BankMatchId
}

/// What an id names. The text of each is part of ids that clients keep: never change one.
macro_rules! kinds {
    ($($name:ident)*) => {
        /// The type of object that a global id names.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum NodeKind {
            $(
                #[doc = concat!("A `", stringify!($name), "`.")]
                $name,
            )*
        }

        impl fmt::Display for NodeKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => stringify!($name),)* })
            }
        }

        impl FromStr for NodeKind {
            type Err = ();
            fn from_str(text: &str) -> Result<Self, ()> {
                match text {
                    $(stringify!($name) => Ok(Self::$name),)*
                    _ => Err(()),
                }
            }
        }
    };
}

kinds! {
    Area Host Fund Purpose PartnerUnit Merchant Group Department SocialOrganization Resident
    Project MicroGrant Milestone Agreement Campaign Pledge Due SalesReport Contribution Lot Committee CommitteeSeat
    Motion Decision Disclosure GrantRound GrantJudge GrantApplication GrantObjection Contest ContestProposal
    Allocation Expense Refund Entry BankLine BankMatch RelatedParty Upload ImportJob
}

impl NodeKind {
    /// Whether it is one of the kinds of party.
    pub fn is_party(self) -> bool {
        use NodeKind::*;
        matches!(self, PartnerUnit | Merchant | Group | Department | SocialOrganization | Resident)
    }

    /// Whether money can be allocated to it.
    pub fn is_target(self) -> bool {
        matches!(self, Self::Project | Self::MicroGrant)
    }
}

/// A global id: which type, which row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalId {
    /// The type of the object.
    pub kind: NodeKind,
    /// Its key in the table of that type.
    pub key: i64,
}

impl GlobalId {
    /// The id of the row `key` of type `kind`.
    pub fn new(kind: NodeKind, key: impl Into<i64>) -> Self {
        Self { kind, key: key.into() }
    }

    /// The key, of an id that must be of type `kind`.
    ///
    /// # Errors
    /// [`Error::BadInput`] when it names something else.
    pub fn key_of(self, kind: NodeKind) -> Result<i64, Error> {
        self.key_where(|own| own == kind, &kind.to_string())
    }

    /// The key, of an id that must name a party.
    ///
    /// # Errors
    /// [`Error::BadInput`] when it names something else.
    pub fn party(self) -> Result<PartyId, Error> {
        self.key_where(NodeKind::is_party, "party").map(PartyId)
    }

    /// The key, of an id that must name a project or a micro-grant.
    ///
    /// # Errors
    /// [`Error::BadInput`] when it names something else.
    pub fn target(self) -> Result<TargetId, Error> {
        self.key_where(NodeKind::is_target, "project or micro-grant").map(TargetId)
    }

    fn key_where(self, fits: impl Fn(NodeKind) -> bool, wanted: &str) -> Result<i64, Error> {
        if fits(self.kind) {
            return Ok(self.key);
        }
        Err(Error::BadInput(format!("That is the id of a {}; the id of a {wanted} is accepted here.", self.kind)))
    }
}

impl fmt::Display for GlobalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(format!("{}:{}", self.kind, self.key)))
    }
}

impl FromStr for GlobalId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| ())?;
        let plain = String::from_utf8(bytes).map_err(|_| ())?;
        let (kind, key) = plain.split_once(':').ok_or(())?;
        Ok(Self { kind: kind.parse()?, key: key.parse().map_err(|_| ())? })
    }
}

/// Reads the scalar `ID`, and refuses at once what no query of this graph returned.
impl InputType for GlobalId {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <ID as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <ID as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let text = match value.unwrap_or_default() {
            Value::String(text) => text,
            other => return Err(InputValueError::expected_type(other)),
        };
        text.parse().map_err(|()| {
            let shown: String = text.chars().take(40).collect();
            InputValueError::custom(format!("{shown:?} is no id of this graph; pass an id that a query returned"))
        })
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_string())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}
