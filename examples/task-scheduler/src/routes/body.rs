//! The body of a request, read to its end or to the limit.

use super::response::Refusal;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::error::Error;

/// The most bytes of a body. What describes a task is small.
const LIMIT: usize = 64 << 10;

pub(super) async fn read<B>(request: Request<B>) -> Result<Request<Bytes>, Refusal>
where
    B: Body,
    B::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let (head, body) = request.into_parts();
    match Limited::new(body, LIMIT).collect().await {
        Ok(body) => Ok(Request::from_parts(head, body.to_bytes())),
        Err(error) if error.is::<LengthLimitError>() => Err(Refusal::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body exceeds the limit of {LIMIT} bytes"),
        )),
        Err(error) => Err(Refusal::bad(format!("the body can't be read: {error}"))),
    }
}
