//! Streams of log lines: one message a line, as they come.

use super::{Client, ClientError, ExportStream};
use crate::log::{LOG_HEARTBEAT, LogMessage, LogQuery, LogSources};
use crate::route;
use reqwest::Response;

/// A line of an answer that is longer than this is none of ours: text, names and what JSON adds.
const LINE_MAX: usize = 1 << 20;

/// A tail or a search, as it comes.
pub struct LogStream {
    client: Client,
    response: Response,
    waiting: Vec<u8>,
    /// Bytes of `waiting` that were handed out.
    done: usize,
}

impl LogStream {
    /// The next message; `None` at the end. Can be dropped and called again.
    ///
    /// # Errors
    /// [`ClientError`] when the connection breaks or the master is silent.
    pub async fn next(&mut self) -> Result<Option<LogMessage>, ClientError> {
        loop {
            if let Some(end) = self.waiting[self.done..].iter().position(|byte| *byte == b'\n') {
                let line = &self.waiting[self.done..self.done + end];
                let read = serde_json::from_slice(line);
                self.done += end + 1;
                let wrong = |error| self.client.strange(format!("cannot read a line of its answer: {error}"));
                return read.map(Some).map_err(wrong);
            }
            self.waiting.drain(..self.done);
            self.done = 0;
            if self.waiting.len() > LINE_MAX {
                return Err(self.client.strange("a line of its answer does not end".to_owned()));
            }
            let silence = LOG_HEARTBEAT * 3;
            let silent = |_| ClientError::Lost {
                url: self.client.url().to_owned(),
                reason: format!("nothing was heard for {} s", silence.as_secs()),
            };
            let chunk = tokio::time::timeout(silence, self.response.chunk()).await.map_err(silent)?;
            match chunk.map_err(|source| ClientError::connection(self.client.url(), &source))? {
                Some(chunk) => self.waiting.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }
}

#[expect(clippy::missing_errors_doc, reason = "every method returns ClientError as the type documents it")]
impl Client {
    /// The sources of applications.
    pub async fn log_sources(&self, query: &LogQuery) -> Result<LogSources, ClientError> {
        self.call(&route::LOG_LIST, &[]).query(query).json().await
    }

    /// The last lines of applications, then each as it is written.
    pub async fn log_tail(&self, query: &LogQuery) -> Result<LogStream, ClientError> {
        let response = self.call(&route::LOG_TAIL, &[]).query(query).open().await?;
        Ok(LogStream { client: self.clone(), response, waiting: Vec::new(), done: 0 })
    }

    /// Lines that were written.
    pub async fn log_search(&self, query: &LogQuery) -> Result<LogStream, ClientError> {
        let response = self.call(&route::LOG_SEARCH, &[]).body(query).open().await?;
        Ok(LogStream { client: self.clone(), response, waiting: Vec::new(), done: 0 })
    }

    /// Lines that were written, as a text.
    pub async fn log_download(&self, query: &LogQuery) -> Result<ExportStream, ClientError> {
        let response = self.call(&route::LOG_DOWNLOAD, &[]).query(query).open().await?;
        Ok(ExportStream { url: self.url().to_owned(), response })
    }
}
