//! Where the messages of each kind of subscription come from.

use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::stream::Position;
use crate::http::v1::{action, cluster, event, object, overview, problem};
use crate::http::{Context, Message, Messages};
use crate::merged::{self, JoinedRow};
use crate::view::{Applications, Query, Servers, Services, Tasks, View};
use crate::watch::{messages, only};
use std::sync::Arc;
use topmast_api::live::{LiveEvent, OverviewTopic, Topic};
use topmast_api::page::ListQuery;
use topmast_model::principal::{Principal, Right};

/// Begins to look at something: the same, and with the same rights, as the routes that send it as events.
pub(super) async fn open(
    context: Arc<Context>,
    authenticated: Authenticated,
    topic: Topic,
) -> Result<Messages, Refusal> {
    let principal = authenticated.principal.clone();
    // All of those routes need it.
    Refusal::unless_somewhere(&principal, Right::Read)?;
    match topic {
        Topic::Servers(query) => list::<Servers>(&context, &principal, &query).await,
        Topic::Applications(query) => list::<Applications>(&context, &principal, &query).await,
        Topic::Services(query) => list::<Services>(&context, &principal, &query).await,
        Topic::Tasks(query) => list::<Tasks>(&context, &principal, &query).await,
        Topic::Problems(query) => {
            let at = query.at;
            let query = Query::of_problems(&query)?;
            match at {
                Some(at) => {
                    let page = problem::past_page(&context, &principal, &query, at).await?;
                    Ok(only(Message::new(LiveEvent::Snapshot, &page)))
                }
                None => Ok(messages(problem::watched(&context, &principal, query).await?)),
            }
        }
        Topic::Object(topic) => object::follow(&context, &principal, topic).await,
        Topic::Overview(OverviewTopic { at: Some(at) }) => {
            let overview = overview::past(&context, &principal, at).await?;
            Ok(only(Message::new(LiveEvent::Value, &overview)))
        }
        Topic::Overview(_) => Ok(messages(overview::watched(&context, &principal).await)),
        Topic::Clusters(_) => Ok(cluster::follow(&context, &authenticated).await),
        Topic::Events(query) => event::follow(&context, principal, query, &Position::default()),
        Topic::Actions(query) => action::follow_page(&context, principal, query),
        Topic::Action(topic) => action::follow(&context, principal, topic.action),
    }
}

async fn list<V: View<Row: JoinedRow>>(
    context: &Arc<Context>,
    principal: &Principal,
    query: &ListQuery,
) -> Result<Messages, Refusal> {
    let at = query.at;
    let query = Query::parse::<V>(query)?;
    if let Some(at) = at {
        let page = object::past_list::<V>(context, principal, &query, at).await?;
        return Ok(only(Message::new(LiveEvent::Snapshot, &page)));
    }
    Ok(messages(merged::list::<V>(context, principal, query).await?))
}
