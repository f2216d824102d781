//! As of, in the graph: which entries an answer counts, and by what it can be had again.

use async_graphql::{Context, ID, InputObject, Object};

use super::EntryById;
use crate::{
    clock::Date,
    error::{Error, Result},
    fund::{Fund, FundById, head},
    id::{EntryId, FundId, GlobalId, NodeKind},
    ledger::as_of::{Cut, Mark},
    viewer::Request,
};

/// Which entries an answer counts. An entry counts when it took effect on `date` or before, and when it is not
/// after `seq` or its fund's mark. By the date alone, an entry that is booked later with an earlier day changes the
/// answer; with a number or marks it is the same for ever.
#[derive(Clone, Debug, Default, InputObject)]
pub struct AsOfInput {
    /// Only entries that took effect on this day or before.
    pub date: Option<Date>,
    /// Only entries up to this number of the fund's journal; where several funds are asked about, name one with
    /// `fundId` or give `marks`.
    pub seq: Option<i64>,
    /// Only entries up to these, one of each fund, and none of other funds: what an earlier answer gave as `marks`.
    pub marks: Option<Vec<GlobalId>>,
}

impl AsOfInput {
    /// What counts of one fund's journal.
    ///
    /// # Errors
    /// When the number is not yet in the journal, and for marks, which are for several funds.
    pub async fn of_fund(self, request: &Request, fund: FundId) -> Result<Cut> {
        if self.marks.is_some() {
            return Err(Error::BadInput("`marks` are for several funds; for one give its number as `seq`.".into()));
        }
        if let Some(seq) = self.seq {
            check(request, fund, seq).await?;
        }
        Ok(Cut { date: self.date.map(|date| date.0), seq: self.seq, marks: None })
    }

    /// What counts of the journals of several funds, or of `fund` where one is named.
    ///
    /// # Errors
    /// When a number or a mark is not in a journal, and for a number without a fund.
    pub async fn of_funds(self, request: &Request, fund: Option<FundId>) -> Result<Cut> {
        let date = self.date.map(|date| date.0);
        let marks = match (self.seq, self.marks, fund) {
            (None, None, _) => None,
            (Some(_), Some(_), _) => return Err(Error::BadInput("Give `seq` or `marks`, not both.".into())),
            (Some(_), None, None) => {
                let why = "`seq` counts within one fund: name it with `fundId`, or give `marks`.";
                return Err(Error::BadInput(why.into()));
            }
            (Some(seq), None, Some(fund)) => {
                check(request, fund, seq).await?;
                Some(vec![EntryId(head::key(fund, seq))])
            }
            (None, Some(marks), _) => Some(entries(request, &marks).await?),
        };
        Ok(Cut { date, seq: None, marks })
    }
}

/// What an `asOf` that may be left out counts of one fund.
pub async fn cut_of_fund(request: &Request, as_of: Option<AsOfInput>, fund: FundId) -> Result<Cut> {
    as_of.unwrap_or_default().of_fund(request, fund).await
}

/// What an `asOf` that may be left out counts of several funds.
pub async fn cut_of_funds(request: &Request, as_of: Option<AsOfInput>, fund: Option<FundId>) -> Result<Cut> {
    as_of.unwrap_or_default().of_funds(request, fund).await
}

async fn check(request: &Request, fund: FundId, seq: i64) -> Result<()> {
    let known =
        (1..1 << 32).contains(&seq) && request.load::<EntryById>(EntryId(head::key(fund, seq))).await?.is_some();
    let why =
        || Error::BadInput(format!("The fund's journal has no entry {seq}; numbers run from 1 to its chainHead.seq."));
    if known { Ok(()) } else { Err(why()) }
}

async fn entries(request: &Request, marks: &[GlobalId]) -> Result<Vec<EntryId>> {
    let mut entries = Vec::with_capacity(marks.len());
    for mark in marks {
        let entry = EntryId(mark.key_of(NodeKind::Entry)?);
        if request.load::<EntryById>(entry).await?.is_none() {
            return Err(Error::BadInput(format!("There is no entry {mark}; give the marks of an earlier answer.")));
        }
        entries.push(entry);
    }
    entries.sort();
    entries.dedup();
    Ok(entries)
}

/// How far a fund's journal is counted.
pub struct JournalMark(pub Mark);

/// How far a fund's journal is counted: the same marks give the same answer for ever.
#[Object]
impl JournalMark {
    /// The id of the last entry that counts, for `asOf.marks`; null when the journal is empty.
    #[graphql(name = "id")]
    async fn entry(&self) -> Option<ID> {
        let entry = EntryId(head::key(self.0.fund_id, self.0.seq));
        (self.0.seq > 0).then(|| GlobalId::new(NodeKind::Entry, entry).into())
    }

    /// The fund.
    async fn fund(&self, ctx: &Context<'_>) -> Result<Fund> {
        Request::of(ctx).need::<FundById>(self.0.fund_id).await
    }

    /// The number of the last entry that counts; 0 when the journal is empty.
    async fn seq(&self) -> i64 {
        self.0.seq
    }

    /// Its seal.
    async fn hash(&self) -> &str {
        &self.0.hash
    }
}
