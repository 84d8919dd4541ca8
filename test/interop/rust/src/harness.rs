//! What every case needs: the stage that the runner started, an App's way to credentials, and the lines that it reads.

use serde_json::{json, Value};
use std::future::Future;
use std::pin::Pin;

pub type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A case: its name, and what fails where something is wrong.
pub struct Case {
    pub name: &'static str,
    pub run: fn() -> Pin<Box<dyn Future<Output = Outcome>>>,
}

/// Names every case first, so that one that never ran is missed. Then runs them, one line each.
pub async fn run_cases(sdk: &str, cases: &[Case]) {
    let expected: Vec<Value> = cases
        .iter()
        .map(|case| json!({ "sdk": sdk, "case": case.name }))
        .collect();
    println!("{}", json!({ "expect": expected }));
    for case in cases {
        let mut line = json!({ "sdk": sdk, "case": case.name, "ok": true });
        if let Err(error) = (case.run)().await {
            line["ok"] = json!(false);
            line["detail"] = json!(error.to_string());
        }
        println!("{line}");
    }
}

/// A text of the stage.
pub fn stage(name: &str) -> String {
    let text = std::env::var("INTEROP_STAGE").expect("INTEROP_STAGE is set by the runner");
    let stage: Value = serde_json::from_str(&text).expect("INTEROP_STAGE is JSON");
    stage[name].as_str().expect("a text").to_string()
}

/// Asks oss-valet as an App does: it signs its user in, and sends the token.
pub async fn vend() -> Result<Value, reqwest::Error> {
    let http = reqwest::Client::new();
    let login: Value = http
        .post(stage("login"))
        .json(&json!({ "sub": "alice" }))
        .send()
        .await?
        .json()
        .await?;
    let token = login["access_token"].as_str().unwrap_or_default();
    http.get(stage("credentials"))
        .bearer_auth(token)
        .send()
        .await?
        .json()
        .await
}

/// The sandbox's clock goes on: what was vended expires.
pub async fn let_time_pass(seconds: u64) -> Outcome {
    let body = json!({ "advanceMs": seconds * 1000 });
    let clock = format!("{}/clock", stage("control"));
    reqwest::Client::new()
        .post(clock)
        .json(&body)
        .send()
        .await?
        .error_for_status()?;
    Ok(())
}

pub fn equal<T: PartialEq + std::fmt::Debug>(got: T, wanted: T) -> Outcome {
    if got == wanted {
        return Ok(());
    }
    Err(format!("{got:.200?} is not {wanted:.200?}").into())
}

/// Succeeds where the call was refused with this code.
pub fn refused<T>(result: Result<T, opendal::Error>, code: &str) -> Outcome {
    match result {
        Ok(_) => Err("expected a refusal".into()),
        Err(error) if error.to_string().contains(code) => Ok(()),
        Err(error) => Err(format!("expected {code}: {error}").into()),
    }
}
