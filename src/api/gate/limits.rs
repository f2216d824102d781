//! How much one request may ask for.
//!
//! Every limit is a number the gate can check before the work it bounds is done.

/// The bounds of one gate.
///
/// `Default` is what an open endpoint can bear.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a document: a large client's largest operation is about 20 KB.
    pub document_bytes_max: usize,
    /// Tokens of a document, which bounds what parsing and validating it can cost.
    pub tokens_max: usize,
    /// Nesting of anything in the grammar: values, selections, types. The parser recurses once per level.
    pub recursion_max: usize,
    /// Fields after every fragment is spread, before equal keys are merged.
    pub nodes_max: u64,
    /// Nesting of fields, introspection aside. With the inline fragments that stay, twice this is what the
    /// executor sees; its own recursion limit is 32.
    pub depth_max: u64,
    /// Nesting of fields below `__schema` and `__type`: the standard query needs 15.
    pub introspection_depth_max: u64,
    /// Aliases after every fragment is spread.
    pub aliases_max: u64,
    /// How often one mutation field may be asked for, under as many aliases.
    pub mutation_repeats_max: usize,
    /// The cost of one operation: fields, times the page size of every connection around them.
    pub cost_max: u64,
    /// The page size of a connection that is asked for without `first` and `last`.
    pub page_default: u64,
    /// The largest page a connection gives.
    pub page_max: u64,
    /// Plans remembered.
    pub plans_max: usize,
    /// Fields in all remembered plans together; a field takes some 300 bytes, so this is about 60 MB.
    pub plans_nodes_max: u64,
    /// Bytes of a document that is still remembered.
    pub plan_bytes_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            document_bytes_max: 100_000,
            tokens_max: 20_000,
            recursion_max: 100,
            nodes_max: 10_000,
            depth_max: 16,
            introspection_depth_max: 30,
            aliases_max: 100,
            mutation_repeats_max: 10,
            cost_max: 20_000,
            page_default: 20,
            page_max: 100,
            plans_max: 1_000,
            plans_nodes_max: 200_000,
            plan_bytes_max: 16_384,
        }
    }
}
