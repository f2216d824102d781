//! Staging a file in the graph.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::{Staged, stage};
use crate::{
    error::{Result, UserError},
    id::{FundId, GlobalId, NodeKind},
    viewer::Request,
};

/// A place for a file: send it there, then name it by its id.
#[derive(Clone, Debug)]
pub struct StagedUpload(Staged);

/// A place for a file: send it there, then name it by its id.
#[Object]
impl StagedUpload {
    /// The id that `importStart` asks for.
    async fn id(&self) -> ID {
        GlobalId::new(NodeKind::Upload, self.0.upload.id).into()
    }

    /// Where to send the file, below the address of the server: its bytes as the body of one PUT or POST. The
    /// address is a secret that is shown once, works for one file, and needs no token.
    async fn url(&self) -> String {
        format!("/uploads/{}", self.0.secret)
    }

    /// Until when the file is waited for, and kept when it is not imported.
    async fn expires_at(&self) -> DateTime<Utc> {
        self.0.upload.expires_at
    }
}

/// The file that is to be sent.
#[derive(InputObject)]
pub struct StagedUploadCreateInput {
    /// The fund that it is to be imported into.
    pub fund_id: GlobalId,
    /// What the file is called, in at most 200 characters; its ending does not matter.
    pub file_name: String,
}

/// What came of making room for a file.
#[derive(SimpleObject)]
pub struct StagedUploadCreatePayload {
    /// The place; null when it was refused.
    pub upload: Option<StagedUpload>,
    /// Why it was refused; empty when it was not.
    pub user_errors: Vec<UserError>,
}

/// Mutations that bring files.
#[derive(Default)]
pub struct UploadMutation;

#[Object]
impl UploadMutation {
    /// Makes room for a file that is to be imported, and gives the one-time address to send it to.
    async fn staged_upload_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file that is to be sent.")] input: StagedUploadCreateInput,
    ) -> Result<StagedUploadCreatePayload> {
        let request = Request::of(ctx);
        let fund = FundId(input.fund_id.key_of(NodeKind::Fund)?);
        let (staged, user_errors) = request.write(async |tx, by| stage(tx, by, fund, &input.file_name).await).await?;
        Ok(StagedUploadCreatePayload { upload: staged.map(StagedUpload), user_errors })
    }
}
