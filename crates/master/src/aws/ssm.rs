//! SSM: servers as managed nodes, actions as commands, what may be commanded as documents, and parameters.
//!
//! A command is an action and an action is a command: those of the console, the CLI and EC2 are listed too.
//!
//! Elsewhere: what an action is (`topmast_engine`).

mod command;
mod document;
mod filter;
mod invocation;
mod node;
mod parameter;

use super::{Caller, not_here, page};
use crate::http::Context;
use std::sync::Arc;
use topmast_aws::{Call, Fault, Value};

pub(super) async fn answer(context: &Arc<Context>, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    let input = &call.input;
    match call.operation.name.as_str() {
        "DescribeInstanceInformation" => node::describe(context, caller, input),
        "SendCommand" => command::send(context, caller, input).await,
        "ListCommands" => command::list(context, caller, input),
        "ListCommandInvocations" => invocation::list(context, caller, input),
        "GetCommandInvocation" => invocation::get(context, caller, input),
        "CancelCommand" => command::cancel(context, caller, input).await,
        "ListDocuments" => document::list(input),
        "DescribeDocument" => document::describe(input),
        "GetDocument" => document::get(input),
        _ => parameter::answer(context, caller, call).await.unwrap_or_else(|| Err(not_here(call))),
    }
}

fn invalid_token() -> Fault {
    Fault::modelled("InvalidNextToken", "The specified token is not valid.")
}

/// The name behind which a page begins, when it is not the first.
fn followed(input: &Value) -> Result<Option<String>, Fault> {
    let token = input.text("NextToken").filter(|token| !token.is_empty());
    token.map(|token| page::followed(token).ok_or_else(invalid_token)).transpose()
}

/// The token of the page behind the first `most` names, when there are more.
fn next_page<'a>(mut names: impl ExactSizeIterator<Item = &'a str>, most: usize) -> Value {
    if names.len() <= most {
        return Value::Null;
    }
    names.nth(most.saturating_sub(1)).map_or(Value::Null, |last| Value::Text(page::after(last)))
}

/// A page that is asked for.
#[derive(Clone, Copy)]
struct Page {
    /// How many items were told before.
    told: usize,
    most: usize,
}

impl Page {
    /// The page of an input, of `most` items at most.
    fn of(input: &Value, most: i64) -> Result<Self, Fault> {
        let told = match input.text("NextToken").filter(|token| !token.is_empty()) {
            None => 0,
            Some(token) => page::told(token).ok_or_else(invalid_token)?,
        };
        let most = input.integer("MaxResults").unwrap_or(most).clamp(1, most);
        Ok(Self { told, most: usize::try_from(most).unwrap_or(1) })
    }

    /// Its items, and the token of the next one.
    fn cut<T>(self, items: impl Iterator<Item = T>) -> (Vec<T>, Value) {
        let mut rest = items.skip(self.told);
        let items: Vec<T> = rest.by_ref().take(self.most).collect();
        let next = rest.next().map(|_| page::token(self.told + items.len()));
        (items, next.into())
    }
}

/// Cuts a page of `most` at most out of `items`.
fn paged(input: &Value, member: &'static str, most: i64, items: Vec<Value>) -> Result<Value, Fault> {
    let (items, next) = Page::of(input, most)?.cut(items.into_iter());
    Ok(Value::map([(member, Value::List(items)), ("NextToken", next)]))
}
