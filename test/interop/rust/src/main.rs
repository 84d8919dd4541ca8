//! opendal, a library for many kinds of storage.

mod harness;

use harness::{equal, let_time_pass, refused, run_cases, stage, vend, Case, Outcome};
use opendal::layers::HttpClientLayer;
use opendal::raw::HttpClient;
use opendal::services::Oss;
use opendal::{ErrorKind, Operator};
use serde_json::{json, Value};
use std::net::SocketAddr;
use std::time::Duration;

const SDK: &str = "opendal (Rust) 0.54.1";
const OWN: &str = "users/alice/opendal/";
const CHUNK: usize = 256 * 1024;

const CASES: &[Case] = &[
    Case {
        name: "put, get, head, delete",
        run: || Box::pin(whole_objects()),
    },
    Case {
        name: "list in pages",
        run: || Box::pin(pages()),
    },
    Case {
        name: "upload in parts, download in ranges",
        run: || Box::pin(parts()),
    },
    Case {
        name: "presigned PUT and GET",
        run: || Box::pin(presigned()),
    },
    Case {
        name: "another user's folder is closed",
        run: || Box::pin(fence()),
    },
    Case {
        name: "upload in parts across an expiry",
        run: || Box::pin(expiry()),
    },
    Case {
        name: "the usual errors have their codes",
        run: || Box::pin(errors()),
    },
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    run_cases(SDK, CASES).await;
}

/// opendal writes the bucket into the host. No resolver knows `<bucket>.localhost`, so its HTTP client is given the address.
fn operator(keys: &Value, bucket: &str, root: &str) -> Result<Operator, opendal::Error> {
    let endpoint = stage("oss").replace("127.0.0.1", "localhost");
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let client = reqwest::Client::builder()
        .resolve(&format!("{bucket}.localhost"), loopback)
        .build()
        .expect("a plain client can be built");
    let text = |name: &str| keys[name].as_str().unwrap_or_default();
    let builder = Oss::default()
        .root(root)
        .bucket(bucket)
        .endpoint(&endpoint)
        .access_key_id(text("AccessKeyId"))
        .access_key_secret(text("AccessKeySecret"))
        .security_token(text("SecurityToken"));
    Ok(Operator::new(builder)?
        .layer(HttpClientLayer::new(HttpClient::with(client)))
        .finish())
}

async fn own() -> Result<Operator, Box<dyn std::error::Error>> {
    Ok(operator(&vend().await?, &stage("bucket"), OWN)?)
}

fn content(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at * 31 + at / 251) as u8).collect()
}

async fn whole_objects() -> Outcome {
    let (own, key, body) = (own().await?, "é a+b.txt", content(70_000));
    own.write(key, body.clone()).await?;
    equal(own.read(key).await?.to_vec() == body, true)?;
    equal(own.stat(key).await?.content_length(), 70_000)?;
    own.delete(key).await?;
    equal(own.exists(key).await?, false)
}

async fn pages() -> Outcome {
    let own = own().await?;
    let keys = [
        "my photos/1+1",
        "my photos/2",
        "my photos/3 a",
        "my photos/4",
        "my photos/é",
    ];
    for key in keys {
        own.write(key, "x").await?;
    }
    let listed = own.list_with("my photos/").recursive(true).limit(2).await?;
    let found: Vec<&str> = listed
        .iter()
        .map(|entry| entry.path())
        .filter(|path| !path.ends_with('/'))
        .collect();
    equal(found, keys.to_vec())
}

async fn parts() -> Outcome {
    let (own, body) = (own().await?, content(10 * CHUNK + 5));
    own.write_with("parts.bin", body.clone())
        .chunk(CHUNK)
        .concurrent(3)
        .await?;
    let read = own
        .read_with("parts.bin")
        .chunk(CHUNK)
        .concurrent(3)
        .await?;
    equal(read.to_vec() == body, true)
}

async fn presigned() -> Outcome {
    let (own, key, minute) = (own().await?, "presigned é+.txt", Duration::from_secs(60));
    let http = reqwest::Client::builder()
        .resolve(
            &format!("{}.localhost", stage("bucket")),
            SocketAddr::from(([127, 0, 0, 1], 0)),
        )
        .build()?;
    let put = own.presign_write(key, minute).await?;
    // opendal gives `content-length: 0` to send with it, whatever is uploaded.
    let mut headers = put.header().clone();
    headers.remove("content-length");
    let sent = http
        .put(put.uri().to_string())
        .headers(headers)
        .body("by URL")
        .send()
        .await?;
    sent.error_for_status()?;
    let get = own.presign_read(key, minute).await?;
    let got = http
        .get(get.uri().to_string())
        .headers(get.header().clone())
        .send()
        .await?
        .error_for_status()?;
    equal(got.text().await?, "by URL".to_string())
}

async fn fence() -> Outcome {
    let whole = operator(&vend().await?, &stage("bucket"), "/")?;
    let mine = format!("{OWN}mine");
    whole.write(&mine, "x").await?;
    refused(whole.write("users/bob/a", "x").await, "AccessDenied")?;
    refused(whole.read("users/bob/a").await, "AccessDenied")?;
    refused(whole.delete("users/bob/a").await, "AccessDenied")?;
    refused(whole.list("users/bob/").await, "AccessDenied")?;
    refused(
        whole.copy("users/bob/a", &format!("{OWN}theirs")).await,
        "AccessDenied",
    )?;
    refused(whole.copy(&mine, "users/bob/mine").await, "AccessDenied")?;
    let kind = whole
        .read("users/bob/a")
        .await
        .err()
        .map(|error| error.kind());
    equal(kind, Some(ErrorKind::PermissionDenied))
}

/// opendal's credentials are fixed: after an expiry a new operator is needed, and it cannot go on with the old upload.
async fn expiry() -> Outcome {
    let old = own().await?;
    let mut writer = old.writer_with("expiry.bin").chunk(CHUNK).await?;
    writer.write(content(CHUNK)).await?;
    let_time_pass(3601).await?;
    let later = async {
        writer.write(content(CHUNK)).await?;
        writer.close().await.map(|_| ())
    };
    refused(later.await, "SecurityTokenExpired")?;
    let body = content(2 * CHUNK);
    let new = own().await?;
    new.write_with("expiry.bin", body.clone())
        .chunk(CHUNK)
        .await?;
    equal(new.read("expiry.bin").await?.to_vec() == body, true)
}

async fn errors() -> Outcome {
    let good = vend().await?;
    let changed = |name: &str, text: &str| {
        let mut keys = good.clone();
        keys[name] = json!(text);
        keys
    };
    let cases = [
        (good.clone(), stage("bucket"), "NoSuchKey"),
        (
            changed("AccessKeySecret", "wrong"),
            stage("bucket"),
            "SignatureDoesNotMatch",
        ),
        (
            changed("AccessKeyId", "STS.nobodysKeyOfThisSandbox00"),
            stage("bucket"),
            "InvalidAccessKeyId",
        ),
        (
            changed("SecurityToken", "CAISwrong"),
            stage("bucket"),
            "InvalidSecurityToken",
        ),
        (good.clone(), "no-such-bucket".to_string(), "NoSuchBucket"),
    ];
    for (keys, bucket, code) in cases {
        refused(operator(&keys, &bucket, OWN)?.read("none").await, code)?;
    }
    Ok(())
}
